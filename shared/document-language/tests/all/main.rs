//! The one integration-test binary of this crate.

#[cfg(test)]
mod check;
#[cfg(test)]
mod decisions;
#[cfg(test)]
mod plan;
