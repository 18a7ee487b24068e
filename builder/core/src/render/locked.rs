//! What the lock says of a cluster and of an image, as far as it still answers the spec.

use super::Problems;
use crate::ami_source::{Candidate, denied, release_in_name};
use crate::family::{FamilyError, check_kubernetes, family};
use crate::lock::{ImageRequest, Lock, LockedCluster, LockedImage};
use crate::spec::{AmiSource, Cluster, FleetSpec, IpFamily, LaunchTemplate, Release};

/// What `resolve` must find for a launch template in a cluster of this Kubernetes version, which is that of
/// the image unless the template names another.
pub fn request(
    template: &LaunchTemplate,
    cluster: &Cluster,
    kubernetes_version: &str,
) -> ImageRequest {
    ImageRequest {
        region: cluster.region.clone(),
        family: template.family,
        arch: template.arch,
        variant: template.variant,
        kubernetes_version: template
            .kubernetes_version
            .map_or_else(|| kubernetes_version.to_owned(), |own| own.to_string()),
        source: template.ami.clone(),
    }
}

/// The cluster's facts, if the spec does not say otherwise by now.
pub(super) fn cluster<'a>(
    spec: &FleetSpec,
    lock: &'a Lock,
    cluster: &Cluster,
    problems: &mut Problems,
) -> Option<&'a LockedCluster> {
    let index = spec
        .clusters
        .iter()
        .position(|one| one.name == cluster.name);
    let path = format!("clusters[{}]", index.unwrap_or_default());
    let Some(locked) = lock.clusters.get(&cluster.name) else {
        let message = format!("nodemint.lock does not know cluster {}", cluster.name);
        problems.lock(path, message);
        return None;
    };
    let before = problems.len();
    for (field, stated, have) in facts(cluster, locked) {
        if let Some(stated) = stated.filter(|stated| Some(stated) != have.as_ref()) {
            let have = have.unwrap_or_else(|| "none".to_owned());
            let message = format!("it is {stated} here, and {have} in nodemint.lock");
            problems.lock(format!("{path}.{field}"), message);
        }
    }
    (problems.len() == before).then_some(locked)
}

type Fact = (&'static str, Option<String>, Option<String>);

/// Each fact of a cluster: its name in the spec, what the spec states, and what the lock has.
fn facts(cluster: &Cluster, locked: &LockedCluster) -> [Fact; 7] {
    let have = |text: &String| Some(text.clone());
    let stated_version = cluster.version.map(|version| version.to_string());
    let stated_family = cluster.ip_family.map(ip_family);
    let stated_authority = cluster.certificate_authority.clone();
    let have_family = Some(ip_family(locked.ip_family));
    let have_group = locked.security_group_id.clone();
    [
        ("region", have(&cluster.region), have(&locked.region)),
        ("version", stated_version, have(&locked.version)),
        ("endpoint", cluster.endpoint.clone(), have(&locked.endpoint)),
        (
            "certificateAuthority",
            stated_authority,
            have(&locked.certificate_authority),
        ),
        (
            "serviceCidr",
            cluster.service_cidr.clone(),
            have(&locked.service_cidr),
        ),
        ("ipFamily", stated_family, have_family),
        (
            "securityGroupId",
            cluster.security_group_id.clone(),
            have_group,
        ),
    ]
}

fn ip_family(family: IpFamily) -> String {
    match family {
        IpFamily::Ipv4 => "ipv4".to_owned(),
        IpFamily::Ipv6 => "ipv6".to_owned(),
    }
}

/// The image, if it is what the spec asks for.
pub(super) fn image<'a>(
    lock: &'a Lock,
    index: usize,
    template: &LaunchTemplate,
    cluster: &Cluster,
    problems: &mut Problems,
) -> Option<&'a LockedImage> {
    let path = format!("launchTemplates[{index}]");
    // A cluster that the lock does not know has been told of already.
    let version = &lock.clusters.get(&cluster.name)?.version;
    let wanted = request(template, cluster, version);
    if let Err(error) = published(template, &wanted.kubernetes_version) {
        problems.spec(format!("{path}.family"), error.problem(), error.cure());
        return None;
    }
    let images = lock.launch_templates.get(&template.name);
    let pair = format!("{} in cluster {}", template.name, cluster.name);
    let Some(image) = images.and_then(|images| images.get(&cluster.name)) else {
        problems.lock(path, format!("nodemint.lock has no image for {pair}"));
        return None;
    };
    if image.request != wanted {
        let message = format!(
            "nodemint.lock answers an older question for {pair}: the image source, the family, the \
             architecture or the Kubernetes version has changed"
        );
        problems.lock(path, message);
        return None;
    }
    if let Some(entry) = denied_by(template, image) {
        let message = format!("nodemint.lock has {entry} for {pair}, and `ami.deny` names it");
        match template.ami {
            AmiSource::EksOptimized(Release::Latest) | AmiSource::Filter(_) => {
                problems.locked_badly(path, message, &template.name);
            }
            // Looking again would find the same.
            _ => problems.spec(
                format!("{path}.ami"),
                message,
                "choose another image, or take it out of `deny`",
            ),
        }
        return None;
    }
    if image.architecture != template.arch {
        let (wanted, have) = (template.arch.as_str(), image.architecture.as_str());
        let message = format!("it is {wanted}, and image {} is {have}", image.image_id);
        problems.spec(format!("{path}.arch"), message, "change one of the two");
        return None;
    }
    Some(image)
}

/// The entry of `ami.deny` that a locked image is denied by.
fn denied_by<'t>(template: &'t LaunchTemplate, image: &LockedImage) -> Option<&'t str> {
    let in_name = release_in_name(&image.request, &image.name);
    let candidate = Candidate {
        kubernetes_version: &image.request.kubernetes_version,
        image_id: &image.image_id,
        image_name: &image.name,
        release: in_name.as_deref(),
        release_version: image.release_version.as_deref(),
    };
    denied(&template.deny, &candidate)
}

/// Whether EKS has such an image at all; an image of one's own can be for any Kubernetes.
fn published(template: &LaunchTemplate, version: &str) -> Result<(), FamilyError> {
    match template.ami {
        AmiSource::EksOptimized(_) => {
            check_kubernetes(family(template.family), template.variant, version).map(|_| ())
        }
        _ => Ok(()),
    }
}
