/** How a file is read: what counts as a command in it, and what as a comment. `configuration`: the registry's own. */
export const upkeepFileKinds = ['crontab', 'script', 'unit', 'quadlet', 'compose', 'configuration', 'nginx'] as const;

/** A file of the host that says how the registry is run or cleaned up. */
export type UpkeepFile = {
	/** As its host calls it, or `crontab -l`. */
	path: string;
	kind: (typeof upkeepFileKinds)[number];
	text: string;
	/** Only its beginning was read. */
	cut: boolean;
};

/** A registry that runs: a container or a process of the host. */
export type RunningRegistry = {
	/** `docker registry-private`, `process 812` */
	name: string;
	/** What it was started from; absent for a process. */
	image?: string;
	/** What the binary says of itself: `registry github.com/docker/distribution 2.8.2`. */
	version?: string;
	/** `REGISTRY_…=…`, only such as hold no secret. */
	environment: string[];
};

/** KiB, or inodes. */
export type FileSystem = {mountedOn: string; size: number; free: number; line: string};

/** What one look at the registry's host gathered. */
export type Upkeep = {
	files: UpkeepFile[];
	running: RunningRegistry[];
	disk?: FileSystem;
	inodes?: FileSystem;
	/** What uploads left behind that nobody went on with for a week. */
	staleUploads?: {count: number; kib: number};
	/** Whether the store holds any repository. */
	holdsRepositories?: boolean;
	/** What could not be looked at, one line each. */
	gaps: string[];
};
