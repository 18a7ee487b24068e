//! Every flag of the kubelet that AL2's nodes may have been given, and what it becomes.
//!
//! Fields and their kinds: kubernetes, `AddKubeletConfigFlags` of `cmd/kubelet/app/options/options.go`, and
//! `staging/src/k8s.io/kubelet/config/v1beta1/types.go`. Flags that are gone: the pull requests named below.

/// What a flag becomes on AL2023.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Becomes {
    MaxPods,
    Labels,
    Taints,
    /// A field of the KubeletConfiguration.
    Config(&'static str, Kind),
    /// It stays a flag.
    Flag,
    /// No kubelet of AL2023 has it: why, and what to do.
    Gone(&'static str, &'static str),
    /// nodeadm sets it, by what it finds on the node.
    Covered(&'static str),
    Unknown,
}

/// How the text of a flag is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Bool,
    Number,
    /// `a,b`
    List,
    /// `a=b,c=d`
    Map,
    /// `a<b,c<d`
    Thresholds,
    /// `A=true,B=false`
    Gates,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Text => "text",
            Kind::Bool => "true or false",
            Kind::Number => "number",
            Kind::List => "list",
            Kind::Map => "list of key=value",
            Kind::Thresholds => "list of signal<threshold",
            Kind::Gates => "list of Gate=true or Gate=false",
        }
    }
}

pub(super) fn becomes(name: &str) -> Becomes {
    match name {
        "max-pods" => return Becomes::MaxPods,
        "node-labels" => return Becomes::Labels,
        "register-with-taints" => return Becomes::Taints,
        _ => {}
    }
    if let Some((_, field, kind)) = FIELDS.iter().find(|(flag, ..)| *flag == name) {
        return Becomes::Config(field, *kind);
    }
    if FLAGS.contains(&name) {
        return Becomes::Flag;
    }
    if let Some((_, why)) = OF_NODEADM.iter().find(|(flag, _)| *flag == name) {
        return Becomes::Covered(why);
    }
    let gone = GONE.iter().find(|group| group.flags.contains(&name));
    gone.map_or(Becomes::Unknown, |group| {
        Becomes::Gone(group.why, group.hint)
    })
}

struct Gone {
    flags: &'static [&'static str],
    why: &'static str,
    hint: &'static str,
}

const GONE: &[Gone] = &[
    // kubernetes#106907
    Gone {
        flags: &[
            "docker-endpoint",
            "experimental-dockershim-root-directory",
            "image-pull-progress-deadline",
        ],
        why: "it went with dockershim in Kubernetes 1.24",
        hint: "",
    },
    // kubernetes#106907
    Gone {
        flags: &[
            "cni-bin-dir",
            "cni-cache-dir",
            "cni-conf-dir",
            "network-plugin",
            "network-plugin-mtu",
        ],
        why: "it went with dockershim in Kubernetes 1.24: containerd looks after CNI plugins",
        hint: "",
    },
    Gone {
        flags: &["dynamic-config-dir"],
        why: "the kubelet has no dynamic configuration since Kubernetes 1.24",
        hint: "",
    },
    // kubernetes#112120
    Gone {
        flags: &[
            "add-dir-header",
            "alsologtostderr",
            "log-backtrace-at",
            "log-dir",
            "log-file",
            "log-file-max-size",
            "logtostderr",
            "one-output",
            "skip-headers",
            "skip-log-headers",
            "stderrthreshold",
        ],
        why: "the kubelet writes to standard error alone since Kubernetes 1.26",
        hint: "read its log with `journalctl -u kubelet`",
    },
    // kubernetes#114017
    Gone {
        flags: &["container-runtime"],
        why: "it is gone since Kubernetes 1.27: there is no runtime but a remote one",
        hint: "",
    },
    // kubernetes#118544, kubernetes#133779
    Gone {
        flags: &["pod-infra-container-image"],
        why: "it does nothing since Kubernetes 1.29 and is gone since 1.35: containerd pins the pause image",
        hint: "",
    },
    // kubernetes#122082, kubernetes#122363
    Gone {
        flags: &[
            "iptables-drop-bit",
            "iptables-masquerade-bit",
            "keep-terminated-pod-volumes",
        ],
        why: "it is gone since Kubernetes 1.31",
        hint: "",
    },
    // kubernetes#122384, kubernetes#129394
    Gone {
        flags: &["cloud-config", "register-schedulable"],
        why: "newer kubelets have it no more",
        hint: "for nodes that begin unschedulable, use a taint",
    },
];

const OF_NODEADM: &[(&str, &str)] = &[
    (
        "bootstrap-kubeconfig",
        "nodeadm writes the kubelet's credentials itself",
    ),
    ("cloud-provider", "nodeadm sets it to external"),
    (
        "config",
        "nodeadm writes the kubelet's configuration itself",
    ),
    ("config-dir", "nodeadm sets it when kubelet.config is given"),
    (
        "container-runtime-endpoint",
        "nodeadm sets it to containerd's socket",
    ),
    (
        "hostname-override",
        "nodeadm sets it to the name that the cluster knows the instance by",
    ),
    (
        "kubeconfig",
        "nodeadm writes the kubelet's credentials itself",
    ),
    ("node-ip", "nodeadm sets it to the instance's address"),
    ("provider-id", "nodeadm sets it to the instance's id"),
];

/// Without a field, or with one that has another shape than the flag.
const FLAGS: &[&str] = &[
    "cert-dir",
    "exit-on-lock-contention",
    "experimental-allocatable-ignore-eviction",
    "experimental-mounter-path",
    "image-credential-provider-bin-dir",
    "image-credential-provider-config",
    "lock-file",
    "log-flush-frequency",
    "manifest-url-header",
    "maximum-dead-containers",
    "maximum-dead-containers-per-container",
    "minimum-container-ttl-duration",
    "reserved-memory",
    "root-dir",
    "runtime-cgroups",
    "v",
    "vmodule",
];

#[rustfmt::skip]
const FIELDS: &[(&str, &str, Kind)] = &[
    ("address", "address", Kind::Text),
    ("allowed-unsafe-sysctls", "allowedUnsafeSysctls", Kind::List),
    ("anonymous-auth", "authentication.anonymous.enabled", Kind::Bool),
    ("authentication-token-webhook", "authentication.webhook.enabled", Kind::Bool),
    ("authentication-token-webhook-cache-ttl", "authentication.webhook.cacheTTL", Kind::Text),
    ("authorization-mode", "authorization.mode", Kind::Text),
    ("authorization-webhook-cache-authorized-ttl", "authorization.webhook.cacheAuthorizedTTL", Kind::Text),
    ("authorization-webhook-cache-unauthorized-ttl", "authorization.webhook.cacheUnauthorizedTTL", Kind::Text),
    ("cgroup-driver", "cgroupDriver", Kind::Text),
    ("cgroup-root", "cgroupRoot", Kind::Text),
    ("cgroups-per-qos", "cgroupsPerQOS", Kind::Bool),
    ("client-ca-file", "authentication.x509.clientCAFile", Kind::Text),
    ("cluster-dns", "clusterDNS", Kind::List),
    ("cluster-domain", "clusterDomain", Kind::Text),
    ("container-log-max-files", "containerLogMaxFiles", Kind::Number),
    ("container-log-max-size", "containerLogMaxSize", Kind::Text),
    ("contention-profiling", "enableContentionProfiling", Kind::Bool),
    ("cpu-cfs-quota", "cpuCFSQuota", Kind::Bool),
    ("cpu-cfs-quota-period", "cpuCFSQuotaPeriod", Kind::Text),
    ("cpu-manager-policy", "cpuManagerPolicy", Kind::Text),
    ("cpu-manager-policy-options", "cpuManagerPolicyOptions", Kind::Map),
    ("cpu-manager-reconcile-period", "cpuManagerReconcilePeriod", Kind::Text),
    ("enable-controller-attach-detach", "enableControllerAttachDetach", Kind::Bool),
    ("enable-debugging-handlers", "enableDebuggingHandlers", Kind::Bool),
    ("enable-server", "enableServer", Kind::Bool),
    ("enforce-node-allocatable", "enforceNodeAllocatable", Kind::List),
    ("event-burst", "eventBurst", Kind::Number),
    ("event-qps", "eventRecordQPS", Kind::Number),
    ("eviction-hard", "evictionHard", Kind::Thresholds),
    ("eviction-max-pod-grace-period", "evictionMaxPodGracePeriod", Kind::Number),
    ("eviction-minimum-reclaim", "evictionMinimumReclaim", Kind::Map),
    ("eviction-pressure-transition-period", "evictionPressureTransitionPeriod", Kind::Text),
    ("eviction-soft", "evictionSoft", Kind::Thresholds),
    ("eviction-soft-grace-period", "evictionSoftGracePeriod", Kind::Map),
    ("fail-cgroupv1", "failCgroupV1", Kind::Bool),
    ("fail-swap-on", "failSwapOn", Kind::Bool),
    ("feature-gates", "featureGates", Kind::Gates),
    ("file-check-frequency", "fileCheckFrequency", Kind::Text),
    ("hairpin-mode", "hairpinMode", Kind::Text),
    ("healthz-bind-address", "healthzBindAddress", Kind::Text),
    ("healthz-port", "healthzPort", Kind::Number),
    ("http-check-frequency", "httpCheckFrequency", Kind::Text),
    ("image-gc-high-threshold", "imageGCHighThresholdPercent", Kind::Number),
    ("image-gc-low-threshold", "imageGCLowThresholdPercent", Kind::Number),
    ("image-service-endpoint", "imageServiceEndpoint", Kind::Text),
    ("kernel-memcg-notification", "kernelMemcgNotification", Kind::Bool),
    ("kube-api-burst", "kubeAPIBurst", Kind::Number),
    ("kube-api-content-type", "contentType", Kind::Text),
    ("kube-api-qps", "kubeAPIQPS", Kind::Number),
    ("kube-reserved", "kubeReserved", Kind::Map),
    ("kube-reserved-cgroup", "kubeReservedCgroup", Kind::Text),
    ("kubelet-cgroups", "kubeletCgroups", Kind::Text),
    ("local-storage-capacity-isolation", "localStorageCapacityIsolation", Kind::Bool),
    ("logging-format", "logging.format", Kind::Text),
    ("make-iptables-util-chains", "makeIPTablesUtilChains", Kind::Bool),
    ("manifest-url", "staticPodURL", Kind::Text),
    ("max-open-files", "maxOpenFiles", Kind::Number),
    ("memory-manager-policy", "memoryManagerPolicy", Kind::Text),
    ("minimum-image-ttl-duration", "imageMinimumGCAge", Kind::Text),
    ("node-status-max-images", "nodeStatusMaxImages", Kind::Number),
    ("node-status-update-frequency", "nodeStatusUpdateFrequency", Kind::Text),
    ("oom-score-adj", "oomScoreAdj", Kind::Number),
    ("pod-cidr", "podCIDR", Kind::Text),
    ("pod-manifest-path", "staticPodPath", Kind::Text),
    ("pod-max-pids", "podPidsLimit", Kind::Number),
    ("pods-per-core", "podsPerCore", Kind::Number),
    ("port", "port", Kind::Number),
    ("protect-kernel-defaults", "protectKernelDefaults", Kind::Bool),
    ("qos-reserved", "qosReserved", Kind::Map),
    ("read-only-port", "readOnlyPort", Kind::Number),
    ("register-node", "registerNode", Kind::Bool),
    ("registry-burst", "registryBurst", Kind::Number),
    ("registry-qps", "registryPullQPS", Kind::Number),
    ("reserved-cpus", "reservedSystemCPUs", Kind::Text),
    ("resolv-conf", "resolvConf", Kind::Text),
    ("rotate-certificates", "rotateCertificates", Kind::Bool),
    ("rotate-server-certificates", "serverTLSBootstrap", Kind::Bool),
    ("runtime-request-timeout", "runtimeRequestTimeout", Kind::Text),
    ("seccomp-default", "seccompDefault", Kind::Bool),
    ("serialize-image-pulls", "serializeImagePulls", Kind::Bool),
    ("streaming-connection-idle-timeout", "streamingConnectionIdleTimeout", Kind::Text),
    ("sync-frequency", "syncFrequency", Kind::Text),
    ("system-cgroups", "systemCgroups", Kind::Text),
    ("system-reserved", "systemReserved", Kind::Map),
    ("system-reserved-cgroup", "systemReservedCgroup", Kind::Text),
    ("tls-cert-file", "tlsCertFile", Kind::Text),
    ("tls-cipher-suites", "tlsCipherSuites", Kind::List),
    ("tls-min-version", "tlsMinVersion", Kind::Text),
    ("tls-private-key-file", "tlsPrivateKeyFile", Kind::Text),
    ("topology-manager-policy", "topologyManagerPolicy", Kind::Text),
    ("topology-manager-policy-options", "topologyManagerPolicyOptions", Kind::Map),
    ("topology-manager-scope", "topologyManagerScope", Kind::Text),
    ("volume-plugin-dir", "volumePluginDir", Kind::Text),
    ("volume-stats-agg-period", "volumeStatsAggPeriod", Kind::Text),
];

/// Every flag of every table.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    let gone = GONE.iter().flat_map(|group| group.flags.iter().copied());
    let fields = FIELDS.iter().map(|(flag, ..)| *flag);
    let covered = OF_NODEADM.iter().map(|(flag, _)| *flag);
    gone.chain(fields)
        .chain(covered)
        .chain(FLAGS.iter().copied())
}
