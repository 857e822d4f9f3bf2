//! The driver kit: state, status, driver socket, options, main loop.
