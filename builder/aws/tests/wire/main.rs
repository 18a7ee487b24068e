//! What goes over the wire, and what is understood of what comes back.

mod accounts;
mod catalogue;
mod ec2;
mod eks;
mod eks_reads;
mod embedded;
mod logs;
mod reads;
mod sandbox;
mod server;
mod throttled;
mod versions;
