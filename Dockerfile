# Two stages: the first makes wheels and installs them, the second holds what was installed and nothing else.
# Its steps are run one by one, outside a container, by tests/e2e/test_container.py: keep them as plain as they are.

FROM python:3.11.14-slim-bookworm AS build
WORKDIR /build
COPY pyproject.toml README.md ./
COPY gateway ./gateway
# With what traces take: they are made only where the configuration wants them.
RUN pip wheel --no-cache-dir --wheel-dir /wheels '.[otel,redis]'
RUN python -m venv --without-pip /opt/gateway
# pip compiles what it installs, so that nobody has to write that later.
RUN pip --python /opt/gateway/bin/python install --no-cache-dir --no-index --find-links /wheels 'contacts-gateway[otel,redis]'

FROM python:3.11.14-slim-bookworm
ENV PATH=/opt/gateway/bin:$PATH
ENV PYTHONDONTWRITEBYTECODE=1
# The journal of writes is kept below this: the only place that is written to.
ENV XDG_CACHE_HOME=/var/cache/gateway
ENV GATEWAY_PORT=8000
COPY --from=build /opt/gateway /opt/gateway
RUN install -d -m 0700 -o 10001 -g 10001 /var/cache/gateway
WORKDIR /etc/gateway
USER 10001:10001
VOLUME /var/cache/gateway
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.build_opener(r.ProxyHandler({})).open('http://127.0.0.1:' + os.environ['GATEWAY_PORT'] + '/health/live', timeout=4)"]
# As words and not through a shell: SIGTERM reaches the gateway itself.
ENTRYPOINT ["gateway"]
CMD ["serve", "--host", "0.0.0.0"]
