//! What every daemon needs: event loop, signals, pid file, user change, logging, readiness.
