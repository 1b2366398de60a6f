import path from 'node:path';
import {defined} from '../../../domain/defined.ts';
import {OperatorError} from '../../../domain/errors.ts';
import {type ConfigFile, configuredRoleOf} from '../../../domain/storage/listing/configured-role.ts';
import type {Shell} from '../../../engine/ports/shell.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {closedFolder, enterFolder, rootExits, whyNotEntered} from '../store-root.ts';

type StoreFound = {
	/** The folder that `rootdirectory` names, as the host sees it. */
	root: string;
	/** Undefined: no configuration on the host says it; regmedic's configuration or the operator must. */
	role?: 'cache' | 'authoritative';
	/** The file that says the role. */
	saidBy?: string;
};

const findTimeoutMs = 60_000;

/**
 * Finds stores at the base folder and up to two folders below it, and the files that may configure them. The base comes
 * on standard input. Prints records ended by NUL: `store path`, then its real path; `unread path`; `file path`, then its
 * text; at last `end`.
 */
export const findStoreFolders = `${enterFolder}for folder in . ./* ./*/*; do
	if [ -d "$folder/docker/registry/v2" ]; then
		printf 'store %s\\000%s\\000' "$folder" "$(cd "$folder" && pwd -P)"
	elif [ -d "$folder" ]; then
		if [ ! -r "$folder" ] || [ ! -x "$folder" ]; then printf 'unread %s\\000' "$folder"; fi
	fi
done
for file in ./*.yml ./*.yaml ./*.json ./*/*.yml ./*/*.yaml ./*/*.json ./*/*/*.yml ./*/*/*.yaml ./*/*/*.json; do
	if [ -f "$file" ] && grep -qE 'registry|rootdirectory|remoteurl' "$file" 2>/dev/null; then
		printf 'file %s\\000' "$file"
		head -c 65536 "$file" | tr -d '\\000'
		printf '\\000'
	fi
done
printf 'end\\000'
`;

/**
 * Finds stores in one command that only reads.
 * @returns also the folders that could not be read: a store may be in one of them
 * @throws OperatorError storage.no-base | storage.denied | storage.unread
 */
export async function findStores({
	shell,
	base,
	signal,
}: Waiting & {shell: Shell; base: string}): Promise<{stores: StoreFound[]; gaps: string[]}> {
	const request = {kind: 'read', script: findStoreFolders, input: `${base}\n`, timeoutMs: findTimeoutMs} as const;
	const {exitCode, stdout, stderr} = await shell.run(request, {signal});
	if (exitCode === rootExits.notEntered) {
		throw notFound(base, shell.place, stderr);
	}

	const fields = Buffer.from(stdout).toString().split('\0');
	const roots = new Map<string, string>();
	const files: ConfigFile[] = [];
	const gaps: string[] = [];

	for (let at = 0; at < fields.length; at++) {
		const [, word, name = ''] = /^(store|unread|file) (.*)$/s.exec(fields[at]!) ?? [];
		const whole = path.join(base, name);
		if (word === 'unread') {
			gaps.push(`this user may not read ${whole}`);
		} else if (word === 'store') {
			const real = fields[++at]!;
			roots.set(real, roots.get(real) ?? whole);
		} else if (word === 'file') {
			files.push({path: whole, text: fields[++at]!});
		}
	}

	if (fields.at(-2) !== 'end') {
		gaps.push(`the list of the stores below ${base} ended before its last entry`);
	}

	const found = [...roots.values()];
	const stores = found.map(root => {
		const others = found.filter(other => other !== root);
		const {role, file: saidBy} = configuredRoleOf(root, files, others) ?? {};
		return {root, ...defined({role, saidBy})};
	});
	return {stores, gaps};
}

function notFound(base: string, place: string, stderr: string): OperatorError {
	const reason = whyNotEntered(stderr);
	return reason.kind === 'absent'
		? new OperatorError('storage.no-base', `${base} on ${place} cannot be searched: ${reason.why}.`, {
				hint: 'Give the folder that holds the folders of the registries, as their host sees it.',
				exit: 'configuration',
			})
		: closedFolder(base, place, reason);
}
