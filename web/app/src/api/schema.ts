// Code generated from the platform's OpenAPI v3 by scripts/types.mjs. DO NOT EDIT.

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description Engine is a kind of shop software that is installed on this platform. It is read-only: engines are installed with the platform or mounted into it. */
        "io.example.platform.v1alpha1.Engine": {
            /** @description APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources */
            apiVersion?: string;
            /** @description Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds */
            kind?: string;
            /**
             * @description Standard object's metadata.
             * @default {}
             */
            metadata?: components["schemas"]["io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"];
            /**
             * @description Spec describes the engine.
             * @default {}
             */
            spec: components["schemas"]["io.example.platform.v1alpha1.EngineSpec"];
        };
        /** @description EngineList is a list of Engines. */
        "io.example.platform.v1alpha1.EngineList": {
            /** @description APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources */
            apiVersion?: string;
            /** @description Items are the engines. */
            items: components["schemas"]["io.example.platform.v1alpha1.Engine"][];
            /** @description Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds */
            kind?: string;
            /**
             * @description Standard list metadata.
             * @default {}
             */
            metadata?: components["schemas"]["io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta"];
        };
        /** @description EnginePlan is one size a shop can have. */
        "io.example.platform.v1alpha1.EnginePlan": {
            /** @description Description says for whom the plan is. */
            description?: string;
            /**
             * @description Name of the plan, the value of `spec.plan` of a Store.
             * @default
             */
            name: string;
        };
        /** @description EngineSpec describes an engine: everything a client needs to build a form that creates a Store of it. */
        "io.example.platform.v1alpha1.EngineSpec": {
            /**
             * @description DefaultPlan is chosen for a Store that names no plan.
             * @default
             */
            defaultPlan: string;
            /**
             * @description DefaultVersion is chosen for a Store that names no version.
             * @default
             */
            defaultVersion: string;
            /** @description Description says in a sentence what the engine is. */
            description?: string;
            /**
             * @description DisplayName is the name shown to people.
             * @default
             */
            displayName: string;
            /** @description ParametersSchema is the JSON schema (draft 2020-12) of `spec.parameters`. */
            parametersSchema?: components["schemas"]["io.example.platform.v1alpha1.JSONObject"];
            /** @description Plans are the sizes a shop can have, smallest first. */
            plans: components["schemas"]["io.example.platform.v1alpha1.EnginePlan"][];
            /**
             * @description Revision is the newest revision of the engine's chart; new Stores run it.
             * @default
             */
            revision: string;
            /** @description Versions can be ordered, newest first. */
            versions: components["schemas"]["io.example.platform.v1alpha1.EngineVersion"][];
            /** @description Volumes are the data volumes of a shop, for `spec.storage` of a Store. */
            volumes?: components["schemas"]["io.example.platform.v1alpha1.EngineVolume"][];
        };
        /** @description EngineVersion is one version that can be ordered. */
        "io.example.platform.v1alpha1.EngineVersion": {
            /**
             * @description Name of the version, the value of `spec.version` of a Store.
             * @default
             */
            name: string;
        };
        /** @description EngineVolume is a data volume that an engine declares. */
        "io.example.platform.v1alpha1.EngineVolume": {
            /** @description DefaultSizes are the sizes by plan of a volume that a Store does not size. */
            defaultSizes?: {
                [key: string]: components["schemas"]["io.k8s.apimachinery.pkg.api.resource.Quantity"];
            };
            /** @description Description says what the volume holds. */
            description?: string;
            /**
             * @description Name of the volume.
             * @default
             */
            name: string;
        };
        /** @description JSONObject is a free-form JSON object. */
        "io.example.platform.v1alpha1.JSONObject": Record<string, unknown>;
        /** @description SecretReference names a Secret. */
        "io.example.platform.v1alpha1.SecretReference": {
            /**
             * @description Name of the Secret.
             * @default
             */
            name: string;
            /**
             * @description Namespace of the Secret.
             * @default
             */
            namespace: string;
        };
        /** @description Store is one shop. It is stored as exactly one namespace, `store-<name>`, in which everything the shop needs is provisioned; deleting the Store deletes that namespace and all that is in it. */
        "io.example.platform.v1alpha1.Store": {
            /** @description APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources */
            apiVersion?: string;
            /** @description Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds */
            kind?: string;
            /**
             * @description Standard object's metadata. The name is a DNS label of at most 57 characters, because `store-<name>` must be one, too, and not one that the platform reserves.
             * @default {}
             */
            metadata?: components["schemas"]["io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"];
            /**
             * @description Spec is the shop that is wanted.
             * @default {}
             */
            spec: components["schemas"]["io.example.platform.v1alpha1.StoreSpec"];
            /**
             * @description Status is what was last observed of the shop. Written by the platform only.
             * @default {}
             */
            status?: components["schemas"]["io.example.platform.v1alpha1.StoreStatus"];
        };
        /** @description StoreList is a list of Stores. */
        "io.example.platform.v1alpha1.StoreList": {
            /** @description APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources */
            apiVersion?: string;
            /** @description Items are the stores. */
            items: components["schemas"]["io.example.platform.v1alpha1.Store"][];
            /** @description Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds */
            kind?: string;
            /**
             * @description Standard list metadata.
             * @default {}
             */
            metadata?: components["schemas"]["io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta"];
        };
        /** @description StoreSpec is the shop that is wanted. */
        "io.example.platform.v1alpha1.StoreSpec": {
            /** @description AdminCredentialsRotation asks for a new password of the shop's admin: whenever it is set to another value, one is made, in the Secret and in the shop. Any value of letters, digits and `._:+-` will do, the date for example; taking it away does nothing. Refused where the engine cannot do it. */
            adminCredentialsRotation?: string;
            /** @description DeletionProtection refuses deletion of the Store while it is true. */
            deletionProtection?: boolean;
            /** @description DisplayName is the name shown to people, at most 100 characters on one line, without white space around them. Defaults to the Store's name. */
            displayName?: string;
            /**
             * @description Engine names the shop software, one of `kubectl get engines`, for example `woocommerce` or `medusa`. It cannot be changed after creation.
             * @default
             */
            engine: string;
            /** @description Hosts are custom domains of the shop, served beside the default `<name>.<baseDomain>`. Each is a fully qualified, lower-case DNS name outside the platform's base domain that no other Store uses. */
            hosts?: string[];
            /** @description Parameters are settings of the engine, checked against the schema that the engine publishes (`kubectl get engine <engine> -o yaml`). No secrets: whoever reads the Store reads them. Applied and owned as one value. */
            parameters?: components["schemas"]["io.example.platform.v1alpha1.JSONObject"];
            /** @description Plan names the size of the shop, one of the engine's plans. Changing it resizes the shop. When left empty on create, the engine's default plan is chosen once and stored here. */
            plan?: string;
            /** @description Storage sets the size and class of the data volumes that the engine declares. A volume that is not named here has the size of the plan. Sizes can grow and never shrink; a class cannot be changed. */
            storage?: components["schemas"]["io.example.platform.v1alpha1.VolumeStorage"][];
            /** @description Suspend scales the shop to zero while it is true. Its data is kept. */
            suspend?: boolean;
            /** @description Version is the version of the engine to run. Changing it upgrades the shop. When left empty on create, the engine's default version is chosen once and stored here. */
            version?: string;
        };
        /** @description StoreStatus is what was last observed of a shop. */
        "io.example.platform.v1alpha1.StoreStatus": {
            /** @description AdminCredentialsRotation is the value of the spec's field of that name that was carried out last. */
            adminCredentialsRotation?: string;
            /** @description AdminSecretRef names the Secret, in the shop's namespace, that holds the generated admin login under the keys `username` and `password`. */
            adminSecretRef?: components["schemas"]["io.example.platform.v1alpha1.SecretReference"];
            /** @description AdminURL is where the merchant administers the shop. */
            adminURL?: string;
            /** @description Conditions are the latest observations of the shop's state. `Ready`, `Reconciling` and `Stalled` follow the kstatus conventions. */
            conditions?: components["schemas"]["io.k8s.apimachinery.pkg.apis.meta.v1.Condition"][];
            /** @description Creator is the name of the user who created the Store. Recorded by the API server on create; it cannot be changed. */
            creator?: string;
            /** @description EngineRevision is the revision of the engine's chart that was applied last. */
            engineRevision?: string;
            /** @description EngineVersion is the engine version that runs now. */
            engineVersion?: string;
            /** @description Namespace is the namespace the shop lives in, `store-<name>`. */
            namespace?: string;
            /**
             * Format: int64
             * @description ObservedGeneration is the metadata.generation that the status speaks of.
             */
            observedGeneration?: number;
            /**
             * @description Phase sums the conditions up in one word for people. Programs should read the conditions.
             *
             *     Possible enum values:
             *      - `"Degraded"` was ready once and has lost something since.
             *      - `"Failed"` cannot make progress; the Stalled condition says why. It is retried and becomes Ready when the cause goes away.
             *      - `"Invalid"` is a Store whose stored form cannot be decoded; nothing is provisioned or pruned until a person repairs it.
             *      - `"Pending"` is a Store that the provisioner has not taken up yet.
             *      - `"Provisioning"` is a Store that is coming up, or taking on a changed spec.
             *      - `"Ready"` is a shop that serves as its spec says.
             *      - `"Suspended"` is scaled to zero on request, its data kept.
             *      - `"Terminating"` is being deleted.
             * @enum {string}
             */
            phase?: "Degraded" | "Failed" | "Invalid" | "Pending" | "Provisioning" | "Ready" | "Suspended" | "Terminating";
            /** @description ProvisioningStartTime is when the provisioner took the Store up, or the last change of its spec while it had never been ready. */
            provisioningStartTime?: components["schemas"]["io.k8s.apimachinery.pkg.apis.meta.v1.Time"];
            /** @description ReadyTime is when the Store was ready for the first time. */
            readyTime?: components["schemas"]["io.k8s.apimachinery.pkg.apis.meta.v1.Time"];
            /** @description URL is where customers reach the shop. */
            url?: string;
        };
        /** @description VolumeStorage is the size and class of one data volume. */
        "io.example.platform.v1alpha1.VolumeStorage": {
            /**
             * @description Name of the volume, one of those the engine declares, for example `database`.
             * @default
             */
            name: string;
            /** @description Size of the volume as a quantity above zero, for example `10Gi`. It can grow and never shrink. Defaults to the size of the plan. */
            size?: components["schemas"]["io.k8s.apimachinery.pkg.api.resource.Quantity"];
            /** @description StorageClassName of the volume; it cannot be changed after creation. Defaults to the platform's storage class. */
            storageClassName?: string;
        };
        /**
         * @description Quantity is a fixed-point representation of a number. It provides convenient marshaling/unmarshaling in JSON and YAML, in addition to String() and AsInt64() accessors.
         *
         *     The serialization format is:
         *
         *     ``` <quantity>        ::= <signedNumber><suffix>
         *
         *     	(Note that <suffix> may be empty, from the "" case in <decimalSI>.)
         *
         *     <digit>           ::= 0 | 1 | ... | 9 <digits>          ::= <digit> | <digit><digits> <number>          ::= <digits> | <digits>.<digits> | <digits>. | .<digits> <sign>            ::= "+" | "-" <signedNumber>    ::= <number> | <sign><number> <suffix>          ::= <binarySI> | <decimalExponent> | <decimalSI> <binarySI>        ::= Ki | Mi | Gi | Ti | Pi | Ei
         *
         *     	(International System of units; See: http://physics.nist.gov/cuu/Units/binary.html)
         *
         *     <decimalSI>       ::= m | "" | k | M | G | T | P | E
         *
         *     	(Note that 1024 = 1Ki but 1000 = 1k; I didn't choose the capitalization.)
         *
         *     <decimalExponent> ::= "e" <signedNumber> | "E" <signedNumber> ```
         *
         *     No matter which of the three exponent forms is used, no quantity may represent a number greater than 2^63-1 in magnitude, nor may it have more than 3 decimal places. Numbers larger or more precise will be capped or rounded up. (E.g.: 0.1m will rounded up to 1m.) This may be extended in the future if we require larger or smaller quantities.
         *
         *     When a Quantity is parsed from a string, it will remember the type of suffix it had, and will use the same type again when it is serialized.
         *
         *     Before serializing, Quantity will be put in "canonical form". This means that Exponent/suffix will be adjusted up or down (with a corresponding increase or decrease in Mantissa) such that:
         *
         *     - No precision is lost - No fractional digits will be emitted - The exponent (or suffix) is as large as possible.
         *
         *     The sign will be omitted unless the number is negative.
         *
         *     Examples:
         *
         *     - 1.5 will be serialized as "1500m" - 1.5Gi will be serialized as "1536Mi"
         *
         *     Note that the quantity will NEVER be internally represented by a floating point number. That is the whole point of this exercise.
         *
         *     Non-canonical values will still parse as long as they are well formed, but will be re-emitted in their canonical form. (So always use canonical form, or don't diff.)
         *
         *     This format is intended to make it difficult to use these numbers without writing some sort of special handling code in the hopes that that will cause implementors to also use a fixed point implementation.
         */
        "io.k8s.apimachinery.pkg.api.resource.Quantity": string | number;
        /** @description APIResource specifies the name of a resource and whether it is namespaced. */
        "io.k8s.apimachinery.pkg.apis.meta.v1.APIResource": {
            /** @description categories is a list of the grouped resources this resource belongs to (e.g. 'all') */
            categories?: string[];
            /** @description group is the preferred group of the resource.  Empty implies the group of the containing resource list. For subresources, this may have a different value, for example: Scale". */
            group?: string;
            /**
             * @description kind is the kind for the resource (e.g. 'Foo' is the kind for a resource 'foo')
             * @default
             */
            kind: string;
            /**
             * @description name is the plural name of the resource.
             * @default
             */
            name: string;
            /**
             * @description namespaced indicates if a resource is namespaced or not.
             * @default false
             */
            namespaced: boolean;
            /** @description shortNames is a list of suggested short names of the resource. */
            shortNames?: string[];
            /**
             * @description singularName is the singular name of the resource.  This allows clients to handle plural and singular opaquely. The singularName is more correct for reporting status on a single item and both singular and plural are allowed from the kubectl CLI interface.
             * @default
             */
            singularName: string;
            /** @description The hash value of the storage version, the version this resource is converted to when written to the data store. Value must be treated as opaque by clients. Only equality comparison on the value is valid. This is an alpha feature and may change or be removed in the future. The field is populated by the apiserver only if the StorageVersionHash feature gate is enabled. This field will remain optional even if it graduates. */
            storageVersionHash?: string;
            /** @description verbs is a list of supported kube verbs (this includes get, list, watch, create, update, patch, delete, deletecollection, and proxy) */
            verbs: string[];
            /** @description version is the preferred version of the resource.  Empty implies the version of the containing resource list For subresources, this may have a different value, for example: v1 (while inside a v1beta1 version of the core resource's group)". */
            version?: string;
        };
        /** @description APIResourceList is a list of APIResource, it is used to expose the name of the resources supported in a specific group and version, and if the resource is namespaced. */
        "io.k8s.apimachinery.pkg.apis.meta.v1.APIResourceList": {
            /** @description APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources */
            apiVersion?: string;
            /**
             * @description groupVersion is the group and version this APIResourceList is for.
             * @default
             */
            groupVersion: string;
            /** @description Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds */
            kind?: string;
            /** @description resources contains the name of the resources and if they are namespaced. */
            resources: components["schemas"]["io.k8s.apimachinery.pkg.apis.meta.v1.APIResource"][];
        };
        /** @description Condition contains details for one aspect of the current state of this API Resource. */
        "io.k8s.apimachinery.pkg.apis.meta.v1.Condition": {
            /** @description lastTransitionTime is the last time the condition transitioned from one status to another. This should be when the underlying condition changed.  If that is not known, then using the time when the API field changed is acceptable. */
            lastTransitionTime: components["schemas"]["io.k8s.apimachinery.pkg.apis.meta.v1.Time"];
            /**
             * @description message is a human readable message indicating details about the transition. This may be an empty string.
             * @default
             */
            message: string;
            /**
             * Format: int64
             * @description observedGeneration represents the .metadata.generation that the condition was set based upon. For instance, if .metadata.generation is currently 12, but the .status.conditions[x].observedGeneration is 9, the condition is out of date with respect to the current state of the instance.
             */
            observedGeneration?: number;
            /**
             * @description reason contains a programmatic identifier indicating the reason for the condition's last transition. Producers of specific condition types may define expected values and meanings for this field, and whether the values are considered a guaranteed API. The value should be a CamelCase string. This field may not be empty.
             * @default
             */
            reason: string;
            /**
             * @description status of the condition, one of True, False, Unknown.
             * @default
             */
            status: string;
            /**
             * @description type of condition in CamelCase or in foo.example.com/CamelCase.
             * @default
             */
            type: string;
        };
        /** @description DeleteOptions may be provided when deleting an API object. */
        "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions": {
            /** @description APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources */
            apiVersion?: string;
            /** @description When present, indicates that modifications should not be persisted. An invalid or unrecognized dryRun directive will result in an error response and no further processing of the request. Valid values are: - All: all dry run stages will be processed */
            dryRun?: string[];
            /**
             * Format: int64
             * @description The duration in seconds before the object should be deleted. Value must be non-negative integer. The value zero indicates delete immediately. If this value is nil, the default grace period for the specified type will be used. Defaults to a per object value if not specified. zero means delete immediately.
             */
            gracePeriodSeconds?: number;
            /** @description if set to true, it will trigger an unsafe deletion of the resource in case the normal deletion flow fails with a corrupt object error. A resource is considered corrupt if it can not be retrieved from the underlying storage successfully because of a) its data can not be transformed e.g. decryption failure, or b) it fails to decode into an object. NOTE: unsafe deletion ignores finalizer constraints, skips precondition checks, and removes the object from the storage. WARNING: This may potentially break the cluster if the workload associated with the resource being unsafe-deleted relies on normal deletion flow. Use only if you REALLY know what you are doing. The default value is false, and the user must opt in to enable it */
            ignoreStoreReadErrorWithClusterBreakingPotential?: boolean;
            /** @description Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds */
            kind?: string;
            /** @description Deprecated: please use the PropagationPolicy, this field will be deprecated in 1.7. Should the dependent objects be orphaned. If true/false, the "orphan" finalizer will be added to/removed from the object's finalizers list. Either this field or PropagationPolicy may be set, but not both. */
            orphanDependents?: boolean;
            /** @description Must be fulfilled before a deletion is carried out. If not possible, a 409 Conflict status will be returned. */
            preconditions?: components["schemas"]["io.k8s.apimachinery.pkg.apis.meta.v1.Preconditions"];
            /** @description Whether and how garbage collection will be performed. Either this field or OrphanDependents may be set, but not both. The default policy is decided by the existing finalizer set in the metadata.finalizers and the resource-specific default policy. Acceptable values are: 'Orphan' - orphan the dependents; 'Background' - allow the garbage collector to delete the dependents in the background; 'Foreground' - a cascading policy that deletes all dependents in the foreground. */
            propagationPolicy?: string;
        };
        /**
         * @description FieldsV1 stores a set of fields in a data structure like a Trie, in JSON format.
         *
         *     Each key is either a '.' representing the field itself, and will always map to an empty set, or a string representing a sub-field or item. The string will follow one of these four formats: 'f:<name>', where <name> is the name of a field in a struct, or key in a map 'v:<value>', where <value> is the exact json formatted value of a list item 'i:<index>', where <index> is position of a item in a list 'k:<keys>', where <keys> is a map of  a list item's key fields to their unique values If a key maps to an empty Fields value, the field that key represents is part of the set.
         *
         *     The exact format is defined in sigs.k8s.io/structured-merge-diff
         */
        "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1": Record<string, unknown>;
        /** @description ListMeta describes metadata that synthetic resources must have, including lists and various status objects. A resource may have only one of {ObjectMeta, ListMeta}. */
        "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta": {
            /** @description continue may be set if the user set a limit on the number of items returned, and indicates that the server has more data available. The value is opaque and may be used to issue another request to the endpoint that served this list to retrieve the next set of available objects. Continuing a consistent list may not be possible if the server configuration has changed or more than a few minutes have passed. The resourceVersion field returned when using this continue value will be identical to the value in the first response, unless you have received this token from an error message. */
            continue?: string;
            /**
             * Format: int64
             * @description remainingItemCount is the number of subsequent items in the list which are not included in this list response. If the list request contained label or field selectors, then the number of remaining items is unknown and the field will be left unset and omitted during serialization. If the list is complete (either because it is not chunking or because this is the last chunk), then there are no more remaining items and this field will be left unset and omitted during serialization. Servers older than v1.15 do not set this field. The intended use of the remainingItemCount is *estimating* the size of a collection. Clients should not rely on the remainingItemCount to be set or to be exact.
             */
            remainingItemCount?: number;
            /** @description String that identifies the server's internal version of this object that can be used by clients to determine when objects have changed. Value must be treated as opaque by clients and passed unmodified back to the server. Populated by the system. Read-only. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#concurrency-control-and-consistency */
            resourceVersion?: string;
            /** @description Deprecated: selfLink is a legacy read-only field that is no longer populated by the system. */
            selfLink?: string;
            /**
             * @description shardInfo is set when the list is a filtered subset of the full collection, as selected by a shard selector on the request. It echoes back the selector so clients can verify which shard they received and merge sharded responses. Clients should not cache sharded list responses as a full representation of the collection.
             *
             *     This is an alpha field and requires enabling the ShardedListAndWatch feature gate.
             */
            shardInfo?: components["schemas"]["io.k8s.apimachinery.pkg.apis.meta.v1.ShardInfo"];
        };
        /** @description ManagedFieldsEntry is a workflow-id, a FieldSet and the group version of the resource that the fieldset applies to. */
        "io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry": {
            /** @description APIVersion defines the version of this resource that this field set applies to. The format is "group/version" just like the top-level APIVersion field. It is necessary to track the version of a field set because it cannot be automatically converted. */
            apiVersion?: string;
            /** @description FieldsType is the discriminator for the different fields format and version. There is currently only one possible value: "FieldsV1" */
            fieldsType?: string;
            /** @description FieldsV1 holds the first JSON version format as described in the "FieldsV1" type. */
            fieldsV1?: components["schemas"]["io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1"];
            /** @description Manager is an identifier of the workflow managing these fields. */
            manager?: string;
            /** @description Operation is the type of operation which lead to this ManagedFieldsEntry being created. The only valid values for this field are 'Apply' and 'Update'. */
            operation?: string;
            /** @description Subresource is the name of the subresource used to update that object, or empty string if the object was updated through the main resource. The value of this field is used to distinguish between managers, even if they share the same name. For example, a status update will be distinct from a regular update using the same manager name. Note that the APIVersion field is not related to the Subresource field and it always corresponds to the version of the main resource. */
            subresource?: string;
            /** @description Time is the timestamp of when the ManagedFields entry was added. The timestamp will also be updated if a field is added, the manager changes any of the owned fields value or removes a field. The timestamp does not update when a field is removed from the entry because another manager took it over. */
            time?: components["schemas"]["io.k8s.apimachinery.pkg.apis.meta.v1.Time"];
        };
        /** @description ObjectMeta is metadata that all persisted resources must have, which includes all objects users must create. */
        "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta": {
            /** @description Annotations is an unstructured key value map stored with a resource that may be set by external tools to store and retrieve arbitrary metadata. They are not queryable and should be preserved when modifying objects. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations */
            annotations?: {
                [key: string]: string;
            };
            /**
             * @description CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.
             *
             *     Populated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata
             */
            creationTimestamp?: components["schemas"]["io.k8s.apimachinery.pkg.apis.meta.v1.Time"];
            /**
             * Format: int64
             * @description Number of seconds allowed for this object to gracefully terminate before it will be removed from the system. Only set when deletionTimestamp is also set. May only be shortened. Read-only.
             */
            deletionGracePeriodSeconds?: number;
            /**
             * @description DeletionTimestamp is RFC 3339 date and time at which this resource will be deleted. This field is set by the server when a graceful deletion is requested by the user, and is not directly settable by a client. The resource is expected to be deleted (no longer visible from resource lists, and not reachable by name) after the time in this field, once the finalizers list is empty. As long as the finalizers list contains items, deletion is blocked. Once the deletionTimestamp is set, this value may not be unset or be set further into the future, although it may be shortened or the resource may be deleted prior to this time. For example, a user may request that a pod is deleted in 30 seconds. The Kubelet will react by sending a graceful termination signal to the containers in the pod. After that 30 seconds, the Kubelet will send a hard termination signal (SIGKILL) to the container and after cleanup, remove the pod from the API. In the presence of network partitions, this object may still exist after this timestamp, until an administrator or automated process can determine the resource is fully terminated. If not set, graceful deletion of the object has not been requested.
             *
             *     Populated by the system when a graceful deletion is requested. Read-only. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata
             */
            deletionTimestamp?: components["schemas"]["io.k8s.apimachinery.pkg.apis.meta.v1.Time"];
            /** @description Must be empty before the object is deleted from the registry. Each entry is an identifier for the responsible component that will remove the entry from the list. If the deletionTimestamp of the object is non-nil, entries in this list can only be removed. Finalizers may be processed and removed in any order.  Order is NOT enforced because it introduces significant risk of stuck finalizers. finalizers is a shared field, any actor with permission can reorder it. If the finalizer list is processed in order, then this can lead to a situation in which the component responsible for the first finalizer in the list is waiting for a signal (field value, external system, or other) produced by a component responsible for a finalizer later in the list, resulting in a deadlock. Without enforced ordering finalizers are free to order amongst themselves and are not vulnerable to ordering changes in the list. */
            finalizers?: string[];
            /**
             * @description GenerateName is an optional prefix, used by the server, to generate a unique name ONLY IF the Name field has not been provided. If this field is used, the name returned to the client will be different than the name passed. This value will also be combined with a unique suffix. The provided value has the same validation rules as the Name field, and may be truncated by the length of the suffix required to make the value unique on the server.
             *
             *     If this field is specified and the generated name exists, the server will return a 409.
             *
             *     Applied only if Name is not specified. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#idempotency
             */
            generateName?: string;
            /**
             * Format: int64
             * @description A sequence number representing a specific generation of the desired state. Populated by the system. Read-only.
             */
            generation?: number;
            /** @description Map of string keys and values that can be used to organize and categorize (scope and select) objects. May match selectors of replication controllers and services. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels */
            labels?: {
                [key: string]: string;
            };
            /** @description ManagedFields maps workflow-id and version to the set of fields that are managed by that workflow. This is mostly for internal housekeeping, and users typically shouldn't need to set or understand this field. A workflow can be the user's name, a controller's name, or the name of a specific apply path like "ci-cd". The set of fields is always in the version that the workflow used when modifying the object. */
            managedFields?: components["schemas"]["io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry"][];
            /** @description Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names */
            name?: string;
            /**
             * @description Namespace defines the space within which each name must be unique. An empty namespace is equivalent to the "default" namespace, but "default" is the canonical representation. Not all objects are required to be scoped to a namespace - the value of this field for those objects will be empty.
             *
             *     Must be a DNS_LABEL. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces
             */
            namespace?: string;
            /** @description List of objects depended by this object. If ALL objects in the list have been deleted, this object will be garbage collected. If this object is managed by a controller, then an entry in this list will point to this controller, with the controller field set to true. There cannot be more than one managing controller. */
            ownerReferences?: components["schemas"]["io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference"][];
            /**
             * @description An opaque value that represents the internal version of this object that can be used by clients to determine when objects have changed. May be used for optimistic concurrency, change detection, and the watch operation on a resource or set of resources. Clients must treat these values as opaque and passed unmodified back to the server. They may only be valid for a particular resource or set of resources.
             *
             *     Populated by the system. Read-only. Value must be treated as opaque by clients and . More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#concurrency-control-and-consistency
             */
            resourceVersion?: string;
            /** @description Deprecated: selfLink is a legacy read-only field that is no longer populated by the system. */
            selfLink?: string;
            /**
             * @description UID is the unique in time and space value for this object. It is typically generated by the server on successful creation of a resource and is not allowed to change on PUT operations.
             *
             *     Populated by the system. Read-only. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#uids
             */
            uid?: string;
        };
        /** @description OwnerReference contains enough information to let you identify an owning object. An owning object must be in the same namespace as the dependent, or be cluster-scoped, so there is no namespace field. */
        "io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference": {
            /**
             * @description API version of the referent.
             * @default
             */
            apiVersion: string;
            /** @description If true, AND if the owner has the "foregroundDeletion" finalizer, then the owner cannot be deleted from the key-value store until this reference is removed. See https://kubernetes.io/docs/concepts/architecture/garbage-collection/#foreground-deletion for how the garbage collector interacts with this field and enforces the foreground deletion. Defaults to false. To set this field, a user needs "delete" permission of the owner, otherwise 422 (Unprocessable Entity) will be returned. */
            blockOwnerDeletion?: boolean;
            /** @description If true, this reference points to the managing controller. */
            controller?: boolean;
            /**
             * @description Kind of the referent. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds
             * @default
             */
            kind: string;
            /**
             * @description Name of the referent. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names
             * @default
             */
            name: string;
            /**
             * @description UID of the referent. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#uids
             * @default
             */
            uid: string;
        };
        /** @description Patch is provided to give a concrete name and type to the Kubernetes PATCH request body. */
        "io.k8s.apimachinery.pkg.apis.meta.v1.Patch": Record<string, unknown>;
        /** @description Preconditions must be fulfilled before an operation (update, delete, etc.) is carried out. */
        "io.k8s.apimachinery.pkg.apis.meta.v1.Preconditions": {
            /** @description Specifies the target ResourceVersion */
            resourceVersion?: string;
            /** @description Specifies the target UID. */
            uid?: string;
        };
        /** @description ShardInfo describes the shard selector that was applied to produce a list response. Its presence on a list response indicates the list is a filtered subset. */
        "io.k8s.apimachinery.pkg.apis.meta.v1.ShardInfo": {
            /**
             * @description selector is the shard selector string from the request, echoed back so clients can verify which shard they received and merge responses from multiple shards.
             * @default
             */
            selector: string;
        };
        /** @description Status is a return value for calls that don't return other objects. */
        "io.k8s.apimachinery.pkg.apis.meta.v1.Status": {
            /** @description APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources */
            apiVersion?: string;
            /**
             * Format: int32
             * @description Suggested HTTP return code for this status, 0 if not set.
             */
            code?: number;
            /** @description Extended data associated with the reason.  Each reason may define its own extended details. This field is optional and the data returned is not guaranteed to conform to any schema except that defined by the reason type. */
            details?: components["schemas"]["io.k8s.apimachinery.pkg.apis.meta.v1.StatusDetails"];
            /** @description Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds */
            kind?: string;
            /** @description A human-readable description of the status of this operation. */
            message?: string;
            /**
             * @description Standard list metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds
             * @default {}
             */
            metadata?: components["schemas"]["io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta"];
            /** @description A machine-readable description of why this operation is in the "Failure" status. If this value is empty there is no information available. A Reason clarifies an HTTP status code but does not override it. */
            reason?: string;
            /** @description Status of the operation. One of: "Success" or "Failure". More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#spec-and-status */
            status?: string;
        };
        /** @description StatusCause provides more information about an api.Status failure, including cases when multiple errors are encountered. */
        "io.k8s.apimachinery.pkg.apis.meta.v1.StatusCause": {
            /**
             * @description The field of the resource that has caused this error, as named by its JSON serialization. May include dot and postfix notation for nested attributes. Arrays are zero-indexed.  Fields may appear more than once in an array of causes due to fields having multiple errors. Optional.
             *
             *     Examples:
             *       "name" - the field "name" on the current resource
             *       "items[0].name" - the field "name" on the first array entry in "items"
             */
            field?: string;
            /** @description A human-readable description of the cause of the error.  This field may be presented as-is to a reader. */
            message?: string;
            /** @description A machine-readable description of the cause of the error. If this value is empty there is no information available. */
            reason?: string;
        };
        /** @description StatusDetails is a set of additional properties that MAY be set by the server to provide additional information about a response. The Reason field of a Status object defines what attributes will be set. Clients must ignore fields that do not match the defined type of each attribute, and should assume that any attribute may be empty, invalid, or under defined. */
        "io.k8s.apimachinery.pkg.apis.meta.v1.StatusDetails": {
            /** @description The Causes array includes more details associated with the StatusReason failure. Not all StatusReasons may provide detailed causes. */
            causes?: components["schemas"]["io.k8s.apimachinery.pkg.apis.meta.v1.StatusCause"][];
            /** @description The group attribute of the resource associated with the status StatusReason. */
            group?: string;
            /** @description The kind attribute of the resource associated with the status StatusReason. On some operations may differ from the requested resource Kind. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds */
            kind?: string;
            /** @description The name attribute of the resource associated with the status StatusReason (when there is a single name which can be described). */
            name?: string;
            /**
             * Format: int32
             * @description If specified, the time in seconds before the operation should be retried. Some errors may indicate the client must take an alternate action - for those errors this field may indicate how long to wait before taking the alternate action.
             */
            retryAfterSeconds?: number;
            /** @description UID of the resource. (when there is a single resource which can be described). More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#uids */
            uid?: string;
        };
        /**
         * Format: date-time
         * @description Time is a wrapper around time.Time which supports correct marshaling to YAML and JSON.  Wrappers are provided for many of the factory methods that the time package offers.
         */
        "io.k8s.apimachinery.pkg.apis.meta.v1.Time": string;
        /** @description Event represents a single event to a watched resource. */
        "io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent": {
            /**
             * @description Object is:
             *      * If Type is Added or Modified: the new state of the object.
             *      * If Type is Deleted: the state of the object immediately before deletion.
             *      * If Type is Error: *Status is recommended; other types may make sense
             *        depending on context.
             */
            object: components["schemas"]["io.k8s.apimachinery.pkg.runtime.RawExtension"];
            /** @default  */
            type: string;
        };
        /**
         * @description RawExtension is used to hold extensions in external versions.
         *
         *     To use this, make a field which has RawExtension as its type in your external, versioned struct, and Object in your internal struct. You also need to register your various plugin types.
         *
         *     // Internal package:
         *
         *     	type MyAPIObject struct {
         *     		runtime.TypeMeta `json:""`
         *     		MyPlugin runtime.Object `json:"myPlugin"`
         *     	}
         *
         *     	type PluginA struct {
         *     		AOption string `json:"aOption"`
         *     	}
         *
         *     // External package:
         *
         *     	type MyAPIObject struct {
         *     		runtime.TypeMeta `json:""`
         *     		MyPlugin runtime.RawExtension `json:"myPlugin"`
         *     	}
         *
         *     	type PluginA struct {
         *     		AOption string `json:"aOption"`
         *     	}
         *
         *     // On the wire, the JSON will look something like this:
         *
         *     	{
         *     		"kind":"MyAPIObject",
         *     		"apiVersion":"v1",
         *     		"myPlugin": {
         *     			"kind":"PluginA",
         *     			"aOption":"foo",
         *     		},
         *     	}
         *
         *     So what happens? Decode first uses json or yaml to unmarshal the serialized data into your external MyAPIObject. That causes the raw JSON to be stored, but not unpacked. The next step is to copy (using pkg/conversion) into the internal struct. The runtime package's DefaultScheme has conversion functions installed which will unpack the JSON stored in RawExtension, turning it into the correct object type, and storing it in the Object. (TODO: In the case where the object is of an unknown type, a runtime.Unknown object will be created and stored.)
         */
        "io.k8s.apimachinery.pkg.runtime.RawExtension": Record<string, unknown>;
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
