import {OperatorError} from '../../domain/errors.ts';

/** The exit of a script whose folder belongs to another kind of registry; which one stands on stderr. */
export const otherStoreExit = 68;

/**
 * Ends a script in a folder whose images a scan cannot judge: the facts lie in a database, or the files in another layout.
 * GitLab's registry marks a store whose repositories and tags are in its database (gitlab-org/container-registry,
 * registry/storage: lockfiles/database-in-use). Harbor keeps its registry's folder beside those of its other parts
 * (goharbor/harbor make/photon/prepare: data_volume with secret, job_logs, registry) and asks its database which digest a
 * tag names (src/server/registry/manifest.go, getManifest).
 */
export const refuseDatabases = `other_store() { printf 'regmedic store %s\\n' "$1" >&2; exit ${otherStoreExit}; }
plain=\${root%/}
plain=\${plain%/docker/registry/v2}
if [ -e "$plain/docker/registry/lockfiles/database-in-use" ]; then other_store gitlab; fi
if [ -d "$plain/../job_logs" ] && [ -d "$plain/../secret" ]; then other_store harbor; fi
`;

/**
 * Names a folder without docker/registry/v2, blobs and repositories: zot keeps an OCI layout in each repository (zot
 * v2.1), Nexus a metadata.properties beside content (Nexus Repository 3, file blob store), containerd its content store
 * below the folder of a plugin.
 */
export const nameOtherLayout = `if [ -f metadata.properties ] && [ -d content ]; then other_store nexus; fi
if [ -d io.containerd.content.v1.content ]; then other_store containerd; fi
for layout in ./oci-layout ./*/oci-layout ./*/*/oci-layout ./*/*/*/oci-layout; do
	if [ -f "$layout" ]; then other_store oci; fi
done
`;

const askIt = 'Ask the registry instead: `regmedic probe HOST[:PORT]`, or `regmedic verify IMAGE`.';

const otherStores: Record<string, {is: string; hint: string}> = {
	gitlab: {
		is: 'is the storage of GitLab’s registry with its metadata database: which tags and links there are is in that database, not in the folder',
		hint: `${askIt} Its online garbage collection and its import are described with GitLab.`,
	},
	harbor: {
		is: 'is the storage of Harbor: which digest a tag names is in Harbor’s database, not in the folder',
		hint: `${askIt} What was deleted or collected is in Harbor’s own log of garbage collections.`,
	},
	nexus: {
		is: 'is a blob store of Nexus Repository: its images are files under other names, and a database says which',
		hint: `${askIt} Nexus checks its own files with the task "Repair - Reconcile component database from blob store".`,
	},
	containerd: {
		is: 'is the content store of containerd, not a registry’s',
		hint: 'List what it holds with `ctr -n k8s.io content ls`; the images of a registry are checked with `regmedic verify IMAGE`.',
	},
	oci: {
		is: 'holds OCI layouts, as zot keeps each repository, and no docker/registry/v2',
		hint: `With zot stopped, \`zot scrub CONFIG\` checks every image. ${askIt}`,
	},
};

/** @returns storage.other-store; undefined where the script named none */
export function otherStoreIn(stderr: string, root: string, place: string): OperatorError | undefined {
	const [, name = ''] = /^regmedic store (\w+)$/m.exec(stderr) ?? [];
	const store = Object.hasOwn(otherStores, name) ? otherStores[name] : undefined;
	return (
		store &&
		new OperatorError('storage.other-store', `${root} on ${place} ${store.is}.`, {
			hint: store.hint,
			exit: 'configuration',
		})
	);
}
