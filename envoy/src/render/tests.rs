//! The structure of what is rendered. That Envoy accepts it is tested with Envoy: `envoy/tests/`.
