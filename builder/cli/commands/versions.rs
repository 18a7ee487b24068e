//! What `history`, `diff`, `export` and `prune` share: where a launch template is, its versions, and who uses
//! them.

use std::collections::{BTreeMap, BTreeSet};

use nodemint_core::ami_source::release_version;
use nodemint_core::launch_template::ImageNote;
use nodemint_core::lock::LockedImage;
use nodemint_core::observed::{Image, ObservedTemplate};
use nodemint_core::site::{Access, Site};
use nodemint_core::uses::Survey;
use nodemint_engine::ports::{CloudError, ErrorKind};
use nodemint_engine::survey::{Surveyed, Wanted, survey};

use super::Session;
use crate::error::AppError;
use crate::project::Project;
use crate::report::few;
use crate::surroundings::Surroundings;

/// Where to look.
pub struct Ground {
    /// The spec, if there is one. With --region it is of use, but not needed.
    pub project: Option<Project>,
    pub sites: BTreeSet<Site>,
}

/// A launch template in one site.
pub struct Found {
    pub site: Site,
    pub template: ObservedTemplate,
}

impl Ground {
    /// The sites of a spec.
    pub fn of(project: Project) -> Self {
        let clusters = project.spec().clusters.iter();
        Self {
            sites: clusters.map(|cluster| cluster.site()).collect(),
            project: Some(project),
        }
    }

    /// The sites of the spec; without one, the region that is named. A spec that has no cluster in that region
    /// does not stand in the way, nor does one that is broken.
    pub fn open(session: &Session) -> Result<Self, AppError> {
        let region = session.global.region.as_deref();
        match (Project::open(&session.global), region) {
            (Ok(project), _) => Ok(Self::of(project)),
            (Err(_), Some(region)) => Ok(Self {
                project: None,
                sites: BTreeSet::from([Site::new(region, Access::default())]),
            }),
            (Err(error), None) => Err(error),
        }
    }

    /// Leaves the site of one cluster.
    pub fn only(&mut self, cluster: &str) -> Result<(), AppError> {
        let clusters = self.project.iter().flat_map(|one| &one.spec().clusters);
        let mut named = clusters.filter(|one| one.name == cluster);
        let site = named.next().map(|one| one.site()).ok_or_else(|| {
            AppError::usage(
                format!("the spec has no cluster `{cluster}`"),
                "check --cluster; --region looks in a region that the spec does not name",
            )
        })?;
        self.sites = BTreeSet::from([site]);
        Ok(())
    }

    /// The clusters of the spec that are in a site.
    pub fn clusters(&self, site: &Site) -> BTreeSet<String> {
        let clusters = self.project.iter().flat_map(|one| &one.spec().clusters);
        let here = clusters.filter(|cluster| cluster.site() == *site);
        here.map(|cluster| cluster.name.clone()).collect()
    }

    /// The template in every site that has it: by its name, or by its id.
    pub async fn find(&self, name: &str, aws: &Surroundings) -> Result<Vec<Found>, AppError> {
        let mut found = Vec::new();
        for site in &self.sites {
            let cloud = aws.clouds.at(site).await?;
            let template = match is_id(name) {
                true => cloud.launch_template_by_id(name).await?,
                false => cloud.launch_template(name).await?,
            };
            let site = site.clone();
            found.extend(template.map(|template| Found { site, template }));
        }
        match found.is_empty() {
            true => Err(self.nowhere(name)),
            false => Ok(found),
        }
    }

    fn nowhere(&self, name: &str) -> AppError {
        let looked: Vec<String> = self.sites.iter().map(ToString::to_string).collect();
        let Some(project) = &self.project else {
            return AppError::usage(
                format!("there is no launch template `{name}` in {}", few(&looked)),
                "--region looks elsewhere",
            );
        };
        let templates = project.spec().launch_templates.iter();
        let known: Vec<&str> = templates.map(|template| template.name.as_str()).collect();
        let has = match known.as_slice() {
            [] => "it names none there".to_owned(),
            known => format!("it has {}", few(known)),
        };
        AppError::usage(
            format!(
                "there is no launch template `{name}` in {}, where the spec's clusters are",
                few(&looked)
            ),
            format!("{has}; `nodemint apply` creates what does not exist yet"),
        )
    }

    /// Who may use the templates: everybody in their sites.
    pub async fn surveys(
        &self,
        found: &[Found],
        updates: bool,
        aws: &Surroundings,
    ) -> Result<Surveys, CloudError> {
        let mut ids: BTreeMap<&Site, BTreeSet<String>> = BTreeMap::new();
        for one in found {
            let of_site = ids.entry(&one.site).or_default();
            of_site.insert(one.template.id.clone());
        }
        let mut surveys = Surveys::default();
        for (site, templates) in ids {
            let wanted = Wanted {
                templates: &templates,
                updates,
                clusters: &self.clusters(site),
            };
            let cloud = aws.clouds.at(site).await?;
            let Surveyed { survey, denied } = survey(cloud.as_ref(), &wanted).await?;
            surveys.by_site.insert(site.clone(), survey);
            surveys.denied.extend(denied);
        }
        Ok(surveys)
    }
}

impl Ground {
    /// What EC2 shows of the images of a template's versions. Who may not look learns less.
    pub async fn images(
        &self,
        found: &Found,
        ids: BTreeSet<String>,
        aws: &Surroundings,
    ) -> Result<Images, CloudError> {
        let ids: Vec<String> = ids.into_iter().collect();
        let read = match ids.is_empty() {
            true => Ok(BTreeMap::new()),
            false => aws.clouds.at(&found.site).await?.images(&ids).await,
        };
        let (shown, unknown) = match read {
            Ok(shown) => (Some(shown), None),
            Err(error) if error.kind == ErrorKind::AccessDenied => (
                None,
                Some(format!("names of images are not known: {error}")),
            ),
            Err(error) => return Err(error),
        };
        Ok(Images {
            shown,
            unknown,
            locked: self.locked(found),
        })
    }

    /// The images that the lock has for the template: their requests tell how its other images are named. A
    /// lock that cannot be read hides the releases, and nothing else.
    fn locked(&self, found: &Found) -> Vec<LockedImage> {
        let project = self.project.as_ref();
        let lock = project.and_then(|project| project.find_lock().ok().flatten());
        let locked = lock.unwrap_or_default().launch_templates;
        let of_template = locked.get(&found.template.name).into_iter().flatten();
        of_template.map(|(_, image)| image.clone()).collect()
    }
}

/// The images of a template's versions.
pub struct Images {
    /// none: EC2 could not be asked
    shown: Option<BTreeMap<String, Image>>,
    /// why not
    pub unknown: Option<String>,
    locked: Vec<LockedImage>,
}

impl Images {
    /// An image as people know it, if EC2 shows it.
    pub fn note(&self, id: &str) -> Option<ImageNote> {
        let image = self.shown.as_ref()?.get(id)?;
        let known = self.locked.iter().find(|locked| locked.image_id == id);
        let known = known.and_then(|locked| locked.release_version.clone());
        let mut locked = self.locked.iter();
        let by_name = || locked.find_map(|one| release_version(&one.request, &image.name));
        Some(ImageNote {
            id: id.to_owned(),
            name: image.name.clone(),
            release_version: known.or_else(by_name),
        })
    }

    /// Whether EC2 shows no such image. None: it could not be asked, or the id stands for a parameter
    /// (`resolve:ssm:…`), which is no image by itself.
    pub fn gone(&self, id: &str) -> Option<bool> {
        let shown = self.shown.as_ref().filter(|_| id.starts_with("ami-"))?;
        Some(!shown.contains_key(id))
    }
}

/// What is known of who uses what.
#[derive(Default)]
pub struct Surveys {
    pub by_site: BTreeMap<Site, Survey>,
    /// calls that were refused
    pub denied: Vec<CloudError>,
}

/// `lt-` and 8 or 17 hexadecimal digits. A template can have such a name, too; EC2's own tools take it for an
/// id as well.
fn is_id(name: &str) -> bool {
    name.strip_prefix("lt-").is_some_and(|hex| {
        matches!(hex.len(), 8 | 17) && hex.bytes().all(|b| b.is_ascii_hexdigit())
    })
}
