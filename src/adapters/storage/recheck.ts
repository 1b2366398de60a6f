import type {PathState} from '../../domain/storage/listing/listing.ts';
import type {Shell} from '../../engine/ports/shell.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {readComplaints} from './complaints.ts';
import {chooseForm, type Entries, obstacleKindOf, readLsLine, readStatLine} from './listing/entries.ts';
import {enterAtOnce, enterRoot, rejectRootExits, rootExits} from './store-root.ts';

const recheckTimeoutMs = 10 * 60_000;
/** More of them are listed at low priority: they are of a whole store, and a registry works beside. */
const mostAtOnce = 500;
/** In the C libraries of GNU and of Alpine (musl). */
const notAFolder = 'Not a directory';
const circles = ['Too many levels of symbolic links', 'Symbolic link loop'];
/** A registry's paths are plain; regmedic does not ask about any other, so its state stays `unread`. */
const plainPath = /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[A-Za-z0-9_][A-Za-z0-9._/-]*$/;

/**
 * Lists again the paths that follow the root, one a line, as the registry would meet them: a symbolic link is what it leads
 * to. Prints a line for each that exists, in a form of the listing; after a line `--` the errors of ls, because only they tell
 * a path that is gone from one that cannot be read.
 */
const recheck = `${chooseForm}
[ "$form" ] || exit ${rootExits.noFind}
echo "now $now"
paths=$(cat)
case $form in
names) printf '%s\\n' "$paths" | $low xargs sh -c 'find -H "$@" -maxdepth 0 -printf "%y %s %T@ %p\\n"' sh 2>/dev/null ;;
stat) printf '%s\\n' "$paths" | $low xargs stat -L -c '%f %d %s %Y %n' 2>/dev/null ;;
ls) printf '%s\\n' "$paths" | $low xargs ls -dlnL 2>/dev/null ;;
esac
echo --
printf '%s\\n' "$paths" | $low xargs ls -dL 2>&1 >/dev/null
echo end
`;

/** Of some paths, which somebody waits for. */
export const recheckSome = `${enterAtOnce}${recheck}`;
export const recheckMany = `${enterRoot}${recheck}`;

/** Lists paths below docker/registry/v2 again, in one command however many they are. */
export async function recheckPaths(
	paths: readonly string[],
	{shell, root, signal}: Waiting & {shell: Shell; root: string},
): Promise<Map<string, PathState>> {
	const states = new Map<string, PathState>(paths.map(path => [path, {state: 'unread'}]));
	const asked = [...states.keys()].filter(path => plainPath.test(path));
	if (asked.length === 0) {
		return states;
	}

	const input = [root, ...asked.map(path => `./${path}`), ''].join('\n');
	const script = asked.length > mostAtOnce ? recheckMany : recheckSome;
	const result = await shell.run({kind: 'read', script, input, timeoutMs: recheckTimeoutMs}, {signal});
	rejectRootExits(result, root, shell.place);

	const lines = Buffer.from(result.stdout).toString('latin1').split('\n');
	const middle = lines.indexOf('--');
	if (middle !== -1 && lines.at(-2) === 'end') {
		putPresent(lines.slice(0, middle), states);
		const {vanished, unreadable} = readComplaints(lines.slice(middle + 1, -2).join('\n'));
		for (const path of vanished) {
			putIfUnread(path, {state: 'gone'});
		}

		for (const {path, reason} of unreadable) {
			if (reason === notAFolder) {
				putIfUnread(path, {state: 'gone'});
			} else if (circles.includes(reason)) {
				putIfUnread(path, {state: 'there', size: 0, is: 'circle'});
			}
		}
	}

	return states;

	function putIfUnread(path: string, state: PathState): void {
		if (states.get(path)?.state === 'unread') {
			states.set(path, state);
		}
	}
}

const findLine = /^(\S) (\d+) (-?\d+(?:\.\d+)?) \.\/(.+)$/;

function putPresent([first = '', ...lines]: string[], states: Map<string, PathState>): void {
	const now = Number(first.slice('now '.length));
	/** A symbolic link is listed as one only where it leads nowhere; then ls says why. */
	const put = (path: string, type: string, file: {size: number; changed: number}) => {
		if (states.has(path) && type !== 'l') {
			states.set(path, {state: 'there', ...file, ...(type === 'f' ? {} : {is: obstacleKindOf(type)})});
		}
	};
	const entries: Entries = {
		named() {},
		located: ({path, type, size, changed}) => put(path, type, {size, changed}),
		leftOut() {},
		malformed() {},
	};

	for (const line of lines) {
		const [, type = '', size, changed, path] = findLine.exec(line) ?? [];
		if (path !== undefined && states.has(path)) {
			put(path, type, {size: Number(size), changed: Number(changed)});
		} else {
			readStatLine(line, entries);
			readLsLine(line, now, entries);
		}
	}
}
