/**
 * How a file is read: what is a command in it and what a comment. `configuration`: the registry's own. `environment`: lines
 * `REGISTRY_…=…` of a file that a container takes its variables from.
 */
export const maintenanceFileKinds = [
	'crontab',
	'script',
	'unit',
	'quadlet',
	'compose',
	'configuration',
	'environment',
	'nginx',
] as const;

/** A file of the host that runs the registry or cleans it up. */
export type MaintenanceFile = {
	/** The path on the host, or `crontab -l`. */
	path: string;
	kind: (typeof maintenanceFileKinds)[number];
	text: string;
	/** Only its beginning was read. */
	cut: boolean;
};

/** A registry that is running: a container or a process of the host. */
export type RunningRegistry = {
	/** `docker registry-private`, `process 812` */
	name: string;
	/** The image of a container. */
	image?: string;
	/**
	 * Where it is known: the output of `registry --version` (`registry github.com/docker/distribution 2.8.2`), of a package query
	 * (`docker-registry 2.8.2+ds1-1`), or what an image says (`label 2.8.3`, `image 2.x`).
	 */
	version?: string;
	/** `REGISTRY_…=…`, without those that hold a secret. */
	environment: string[];
	/** What commands call it: its container, its service in a compose file. */
	names?: string[];
	/** `/opt/data:/var/lib/registry`: a folder of the host, and where the container has it. */
	mounts?: string[];
	/** The configuration file that it was started with, as it sees the path. */
	configuration?: string;
	/** When it was started, in seconds since 1970; absent where the host does not tell. */
	started?: number;
};

/** A line of `df`. `size` and `free` are KiB or inodes. */
export type FileSystem = {mountedOn: string; size: number; free: number; line: string};

/** How a host runs its registry and cleans it up, as far as it could be read. */
export type Maintenance = {
	/** The folder of the store, as the host sees it. */
	root?: string;
	files: MaintenanceFile[];
	running: RunningRegistry[];
	disk?: FileSystem;
	inodes?: FileSystem;
	/** Uploads that were not continued for a week. */
	staleUploads?: {count: number; kib: number};
	/** Whether the store holds any repository. */
	holdsRepositories?: boolean;
	/** What could not be read, one line each. */
	gaps: string[];
};
