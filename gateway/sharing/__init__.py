"""What several workers share through Redis: books, values, rations, locks and the journal."""
