//! Beginning in time.
