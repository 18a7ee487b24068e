//! User data that exists already, and goes out byte for byte: `userData.verbatim`.
//!
//! Nothing is added to it, packed or filled in. It is taken apart for lints alone, and they only warn: such user
//! data is most often what nodes run already, and what is wrong with it did not keep them from it.

use super::lints::{self, Warnings};
use super::{Boot, Problems, USER_DATA_LIMIT};
use crate::desired::{RenderedPart, RenderedUserData};
use crate::gzip::is_gzip;
use crate::launch_template::{Data, Decoded, UserDataBlob, cluster_of, decode};
use crate::spec::File;

/// Where its parts come from.
pub(super) const ORIGIN: &str = "verbatim";

pub(super) fn render(
    boot: &Boot<'_>,
    file: &File,
    problems: &mut Problems,
    warnings: &mut Warnings,
) -> Option<RenderedUserData> {
    let before = problems.len();
    let blob = UserDataBlob::of(&file.content);
    let decoded = decode(&blob);
    check_size(boot, file, problems);
    check_cluster(boot, blob, problems);
    let parts = parts(&decoded);
    lints::check_verbatim(boot, decoded.form, &parts, file, problems, warnings);
    (problems.len() == before).then(|| RenderedUserData {
        bytes: file.content.clone(),
        compressed: is_gzip(&file.content),
        parts,
    })
}

/// What its readers find in it.
pub(super) fn parts(decoded: &Decoded) -> Vec<RenderedPart> {
    let parts = decoded.parts.iter().map(|part| RenderedPart {
        origin: ORIGIN.to_owned(),
        content_type: part.effective_type().to_owned(),
        body: part.body.clone(),
    });
    parts.collect()
}

fn check_size(boot: &Boot<'_>, file: &File, problems: &mut Problems) {
    let bytes = file.content.len();
    if bytes > USER_DATA_LIMIT {
        problems.spec(
            boot.path(ORIGIN),
            format!(
                "{} has {bytes} bytes, and EC2 takes {USER_DATA_LIMIT}",
                file.path
            ),
            "move what is long to S3 or into the image, and fetch it from a short script",
        );
    }
}

/// Bytes that name one cluster are of no use to another.
fn check_cluster(boot: &Boot<'_>, blob: UserDataBlob, problems: &mut Problems) {
    let data = Data {
        user_data: Some(blob),
        ..Data::default()
    };
    let own = &boot.cluster.name;
    if let Some(other) = cluster_of(&data).filter(|other| other != own) {
        problems.spec(
            boot.path(ORIGIN),
            format!("it boots nodes into cluster {other}, and the launch template is for cluster {own}"),
            "make a launch template for each cluster, or render the user data from `userData`'s other fields",
        );
    }
}
