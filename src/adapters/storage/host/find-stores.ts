import path from 'node:path';
import {OperatorError} from '../../../domain/errors.ts';
import {type ConfigFile, saidOf} from '../../../domain/storage/judgement/store-role.ts';
import type {Shell} from '../../../engine/ports/shell.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {exits} from '../scripts.ts';
import {findStoreFolders} from './stores-script.ts';

export type StoreFound = {
	/** What `rootdirectory` names, as the host sees it. */
	root: string;
	/** Where its configuration says so; undefined: nobody says, and config or the responder must. */
	role?: 'cache' | 'authoritative';
	/** The file that says it. */
	saidBy?: string;
};

const findTimeoutMs = 60_000;

/**
 * The stores at a folder, in its folders and in theirs, in one command that only reads.
 * @returns also what could not be looked into: a store may be there
 * @throws OperatorError storage.no-base | storage.denied
 */
export async function findStores({
	shell,
	base,
	signal,
}: Waiting & {shell: Shell; base: string}): Promise<{stores: StoreFound[]; gaps: string[]}> {
	const request = {kind: 'read', script: findStoreFolders, input: `${base}\n`, timeoutMs: findTimeoutMs} as const;
	const {exitCode, stdout} = await shell.run(request, {signal});
	if (exitCode === exits.noFolder || exitCode === exits.denied) {
		throw notABase(exitCode === exits.denied, base, shell.place);
	}

	const fields = Buffer.from(stdout).toString().split('\0');
	const roots = new Map<string, string>();
	const files: ConfigFile[] = [];
	const gaps: string[] = [];

	for (let at = 0; at < fields.length; at++) {
		const [, word, name = ''] = /^(store|unread|file) (.*)$/s.exec(fields[at]!) ?? [];
		const whole = path.join(base, name);
		if (word === 'unread') {
			gaps.push(`${whole} may not be read by this user`);
		} else if (word === 'store') {
			const real = fields[++at]!;
			roots.set(real, roots.get(real) ?? whole);
		} else if (word === 'file') {
			files.push({path: whole, text: fields[++at]!});
		}
	}

	if (fields.at(-2) !== 'end') {
		gaps.push(`the end of what lies below ${base} was not seen`);
	}

	const found = [...roots.values()];
	const stores = found.map(root => {
		const said = saidOf(
			root,
			files,
			found.filter(other => other !== root),
		);
		return {
			root,
			...(said === undefined
				? {}
				: {role: said.isCache ? ('cache' as const) : ('authoritative' as const), saidBy: said.file}),
		};
	});
	return {stores, gaps};
}

function notABase(isDenied: boolean, base: string, place: string): OperatorError {
	return isDenied
		? new OperatorError('storage.denied', `${base} on ${place} may not be entered.`, {
				hint: 'Log in as a user who may read the registry’s storage.',
				exit: 'refused',
			})
		: new OperatorError('storage.no-base', `${base} on ${place} is no folder.`, {
				hint: 'Name the folder that holds the folders of the registries, as their host sees it.',
				exit: 'configuration',
			});
}
