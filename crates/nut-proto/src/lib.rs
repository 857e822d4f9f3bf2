//! NUT's words, protocols and configuration grammar, as a pure library.
