//! An image of one's own that joins the node in a way of its own.
//!
//! Nothing is known of it: not what reads its user data, nor what bootstrap it has. So the user brings the
//! bootstrap, and what is brought goes out as it is. EKS calls such an image `CUSTOM`, whatever its system.

use super::vocabulary::{Field, Way, override_bootstrap};
use super::{Family, FamilyError, Question, Range, no_image};
use crate::ami_source::{Ask, Published};
use crate::desired::RenderedPart;
use crate::lint::Reader;
use crate::render::{Boot, Problems, custom};
use crate::spec::{Arch, FamilyName, KubernetesVersion, PinnedBy, Release, Variant};

pub(super) struct Custom;

impl Family for Custom {
    fn name(&self) -> FamilyName {
        FamilyName::Custom
    }

    /// A variant tells published images of one family apart; one's own is told by its id.
    fn combination(&self, arch: Arch, variant: Variant) -> Result<(), FamilyError> {
        match variant {
            Variant::Standard => Ok(()),
            _ => no_image(self.name(), arch, variant, "leave `variant` out"),
        }
    }

    fn kubernetes(&self, _variant: Variant) -> Range {
        Range::default()
    }

    /// Never asked: the range has no ends.
    fn instead(&self, _wanted: KubernetesVersion) -> &'static str {
        "another version"
    }

    fn published_by_anyone(&self) -> bool {
        false
    }

    fn ask(&self, _question: &Question<'_>, _release: &Release) -> Result<Ask, FamilyError> {
        Err(FamilyError::NotPublished {
            family: self.name(),
        })
    }

    fn image_names(&self, _question: &Question<'_>) -> Result<String, FamilyError> {
        Err(FamilyError::NotPublished {
            family: self.name(),
        })
    }

    fn published(
        &self,
        _question: &Question<'_>,
        _image: &Published<'_>,
    ) -> Result<Ask, FamilyError> {
        Err(FamilyError::NotPublished {
            family: self.name(),
        })
    }

    fn release_version(&self, _question: &Question<'_>, _in_name: &str) -> Option<String> {
        None
    }

    fn pin(&self, _release: &str) -> Result<Option<KubernetesVersion>, FamilyError> {
        Err(FamilyError::NotPublished {
            family: self.name(),
        })
    }

    fn owner(&self, _region: &str) -> Option<&'static str> {
        None
    }

    fn by_amazon(&self) -> bool {
        false
    }

    fn ami_type(&self, arch: Arch, variant: Variant) -> Result<&'static str, FamilyError> {
        self.combination(arch, variant)?;
        Err(FamilyError::NoAmiType {
            family: self.name(),
        })
    }

    /// The lock tells the one of the image at hand, always.
    fn default_root_device(&self) -> &'static str {
        "/dev/xvda"
    }

    fn data_template(&self) -> &'static str {
        include_str!("../../../../templates/custom.yaml.hbs")
    }

    fn reader(&self) -> Reader {
        Reader::Unknown
    }

    fn brings_bootstrap(&self) -> bool {
        false
    }

    /// Every type that anything is known to read.
    fn part_types(&self) -> Vec<&'static str> {
        custom::PART_TYPES.concat()
    }

    fn carries(&self, field: Field, pinned_by: PinnedBy) -> Way {
        match field {
            Field::PreBootstrap => Way::Alone,
            Field::OverrideBootstrap => override_bootstrap(pinned_by),
            _ => Way::refused(
                format!(
                    "nodemint does not know how an image of the family Custom takes `{}`",
                    field.path()
                ),
                "say it in your own bootstrap, a part or a file of `overrideBootstrap` (as a template, `*.hbs`, it is \
                 told `{{cluster.name}}` and such), or name the family that the image is made from",
            ),
        }
    }

    fn document(&self, parts: &[RenderedPart]) -> Vec<u8> {
        custom::document(parts)
    }

    fn parts(&self, boot: &Boot<'_>, problems: &mut Problems) -> Vec<RenderedPart> {
        custom::parts(boot, problems)
    }
}
