//! The one integration-test binary of this crate.

#[cfg(test)]
mod properties;
#[cfg(test)]
mod vectors;
