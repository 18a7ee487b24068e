//! The sandbox over its sockets, as any client meets it.

mod accounts;
mod instance_types;
mod launch_templates;
mod limits;
mod server;
mod support;
mod wire;
mod wire_ec2;
