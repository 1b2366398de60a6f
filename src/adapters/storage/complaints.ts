/** What find, head, grep and ls complained about on stderr, in the C locale. */
export type Complaints = {
	unreadable: Unreadable[];
	/** Paths that were deleted between listing and reading. That is not a gap: a registry in use changes. */
	vanished: ReadonlySet<string>;
	/** Part of stderr was lost, so more paths may be unreadable. */
	isCut: boolean;
};

/** Without a path, the whole line is the reason. */
type Unreadable = {path: string; reason: string};

/** Shells keep the last 64 KiB of stderr: near that length, the beginning may be lost. */
const cutFromBytes = 60 * 1024;

const plainName = /^[^:]+: (?:\d+: )?(?:[a-z' ]+ )?['"]?\.\/([A-Za-z0-9._/-]+?)['"]?(?: for reading)?: ([^:]+)$/;
/** GNU find escapes whatever could end the name or the line. A registry writes nothing below such a name. */
const quotedName = /^find: '\.\/((?:[^'\\]|\\.)+)': ([^:]+)$/;

/**
 * GNU: `find: './x': Permission denied`, `head: cannot open './x' for reading: …`; busybox: `find: ./x: …`;
 * shells: `sh: 3: cannot open ./x: …`. A name may hold any text, so only the end of a line is the reason.
 */
export function readComplaints(stderr: string): Complaints {
	const unreadable: Unreadable[] = [];
	const vanished = new Set<string>();

	for (const line of stderr.split('\n')) {
		const text = line.trim();
		const [, path, reason = ''] = plainName.exec(text) ?? quotedName.exec(text) ?? [];
		if (/: No such file or directory$/.test(text)) {
			vanished.add(path ?? '');
		} else if (text !== '') {
			unreadable.push(path === undefined ? {path: '', reason: text} : {path, reason});
		}
	}

	return {unreadable, vanished, isCut: Buffer.byteLength(stderr) >= cutFromBytes};
}

/** One line for people for each unreadable path. */
export function describeComplaints({unreadable, isCut}: Complaints): string[] {
	return [
		...unreadable.map(({path, reason}) => (path === '' ? reason : `${path}: ${reason}`)),
		...(isCut ? ['the host reported more errors than regmedic keeps'] : []),
	];
}
