import {lstat, readFile, realpath} from 'node:fs/promises';
import path from 'node:path';

/**
 * Whether somebody other than this user and root can change a file: write it, or write a folder on the way to it and so put
 * another in its place. A sticky folder (/tmp) further up is no way: in it nobody renames what another user owns. A group that
 * may write is root's, or the user's own without other members ("user private groups", as on Debian and Fedora).
 * @param user its number; undefined where the system has none
 * @returns why it can be changed, for people; undefined: nobody else can change it
 */
export async function otherWriters(file: string, user: number | undefined): Promise<string | undefined> {
	if (user === undefined) {
		return undefined;
	}

	return writersOf(file, user, [path.dirname(file)]);
}

/**
 * The PATH of programs on this machine, without folders that are relative to the working directory, and without those that
 * somebody else can change: in either another user could put an `ssh`.
 */
export async function safePathOf(PATH: string | undefined, user: number | undefined): Promise<string> {
	const kept: string[] = [];
	for (const folder of (PATH ?? '').split(':').filter(each => path.isAbsolute(each))) {
		const isSafe = user === undefined || (await writersOf(folder, user, []).catch(() => 'absent')) === undefined;
		if (isSafe) {
			kept.push(folder);
		}
	}

	return kept.length === 0 ? systemPath : kept.join(':');
}

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** @param near folders that are looked at as strictly as the file: a sticky one is not enough */
async function writersOf(file: string, user: number, near: readonly string[]): Promise<string | undefined> {
	const real = await realpath(file);
	const folders = new Set([file, real].flatMap(foldersAbove));
	for (const each of [real, ...folders]) {
		const {uid, gid, mode} = await lstat(each);
		// A link is replaced by writing its folder, and where it leads is looked at as the real path.
		const isLink = (mode & 0o170000) === 0o120000;
		const isNearest = each === real || near.includes(each) || (near.length > 0 && each === path.dirname(real));
		const isSticky = (mode & 0o1000) !== 0 && !isNearest;
		if (uid !== user && uid !== 0) {
			return `${each} belongs to the user ${uid}`;
		}

		const byGroup = (mode & 0o020) !== 0 && gid !== 0 && !(await isOwnGroup(gid, user));
		if (!isLink && !isSticky && (byGroup || (mode & 0o002) !== 0)) {
			return `${each} can be written by ${byGroup ? 'other members of its group' : 'every user'}`;
		}
	}

	return undefined;
}

function foldersAbove(file: string): string[] {
	const above = path.dirname(file);
	return above === file ? [] : [above, ...foldersAbove(above)];
}

/** @see pam_umask(8), usergroups: the group has the number of its only user */
async function isOwnGroup(group: number, user: number): Promise<boolean> {
	if (group !== user) {
		return false;
	}

	const lines = (await readFile('/etc/group', 'utf8').catch(() => '')).split('\n').map(line => line.split(':'));
	return lines.some(([, , number]) => number === `${group}`)
		? lines.every(([, , number, members = '']) => number !== `${group}` || members === '')
		: false;
}
