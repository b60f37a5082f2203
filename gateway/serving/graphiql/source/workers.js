// Monaco asks for its workers by label. They are files of our own, beside this one: nothing is made from a
// blob, and nothing comes from elsewhere. This must run before Monaco does, so it is imported first.

/* global WORKERS */
globalThis.MonacoEnvironment = {
  getWorker(_id, label) {
    const name = WORKERS[label] ?? WORKERS.editor;
    return new Worker(new URL(name, import.meta.url), { type: "module", name: label });
  },
};
