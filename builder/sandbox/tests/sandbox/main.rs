//! The sandbox over its sockets, as any client meets it.

mod launch_templates;
mod server;
mod support;
mod wire;
mod wire_ec2;
