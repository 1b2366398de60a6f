import {OperatorError} from '../../../domain/errors.ts';
import type {Shell, ShellResult} from '../../../engine/ports/shell.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {enterFolder, enterLayout, rejectRootExits} from '../store-root.ts';

const timeoutMs = 30_000;
const exits = {appliedBefore: 75, unwritable: 73} as const;

/** Below the `rootdirectory`, beside docker/: what is applied to a store is known to everybody who reaches it. */
const folder = 'regmedic-applied';

const enterParent = `${enterFolder}IFS= read -r id
IFS= read -r note
${enterLayout}real=$(pwd -P)
case $real in
*/docker/registry/v2) cd "\${real%/docker/registry/v2}" || exit ${exits.unwritable} ;;
esac
told() { if [ -f "$1" ] && [ ! -L "$1" ]; then dd bs=400 count=1 <"$1" 2>/dev/null; fi; }
`;

/** Whether a note could be added is told before anything is planned, not when everything was approved. */
export const readNote = `${enterParent}if [ -e "${folder}/$id" ]; then told "${folder}/$id"; exit ${exits.appliedBefore}; fi
if [ -e ${folder} ]; then [ -d ${folder} ] && [ -w ${folder} ]; else [ -w . ]; fi || exit ${exits.unwritable}
`;

/**
 * Everybody may add a note, and nobody may remove that of another (sticky, as /tmp). A note is only ever made anew (\`set -C\`: O_EXCL,
 * which follows no link): of those who come at the same moment, one makes it.
 */
export const addNote = `${enterParent}[ -d ${folder} ] || (umask 0; mkdir -m 1777 ${folder}) 2>/dev/null || [ -d ${folder} ] || exit ${exits.unwritable}
[ ! -L ${folder} ] || exit ${exits.unwritable}
if (umask 022; set -C; printf '%s\\n' "$note" >"${folder}/$id") 2>/dev/null; then exit 0; fi
if [ -e "${folder}/$id" ]; then told "${folder}/$id"; exit ${exits.appliedBefore}; fi
exit ${exits.unwritable}
`;

type Place = Waiting & {shell: Shell; root: string};

/**
 * @param id of the plan; it becomes a file's name
 * @returns who applied it, and when; undefined: nobody did, and it can be marked
 * @throws OperatorError storage.not-marked
 */
export async function readApplied(id: string, {shell, root, signal}: Place): Promise<string | undefined> {
	const input = inputOf(root, id, '');
	const request = {kind: 'read', asWriter: true, script: readNote, input, timeoutMs} as const;
	const {exitCode, stdout, stderr} = await shell.run(request, {signal});
	rejectRootExits({exitCode, stderr}, root, shell.place);
	return noteIn({exitCode, stdout}, {shell, root});
}

/**
 * Marks a plan as applied, before anything of it is done.
 * @param note one line: who applies it, when, and in which incident
 * @returns the note of who came first; undefined: this one is the first
 * @throws OperatorError storage.not-marked | effect.unknown
 */
export async function markApplied(
	{id, note}: {id: string; note: string},
	{shell, root, signal}: Place,
): Promise<string | undefined> {
	const request = {kind: 'write', script: addNote, input: inputOf(root, id, note), timeoutMs} as const;
	const {exitCode, stdout, stderr} = await shell.run(request, {signal});
	rejectRootExits({exitCode, stderr}, root, shell.place);
	return noteIn({exitCode, stdout}, {shell, root});
}

function noteIn(
	{exitCode, stdout}: Pick<ShellResult, 'exitCode' | 'stdout'>,
	{shell, root}: Pick<Place, 'shell' | 'root'>,
): string | undefined {
	if (exitCode === exits.appliedBefore) {
		return Buffer.from(stdout).toString().trim() || 'somebody';
	}

	if (exitCode !== 0) {
		throw new OperatorError(
			'storage.not-marked',
			`Nobody else would know that this plan is applied: ${root}/${folder} on ${shell.place} cannot be written.`,
			{
				hint: `As root on that host, once: mkdir -m 1777 ${root}/${folder}`,
				exit: 'refused',
			},
		);
	}

	return undefined;
}

function inputOf(root: string, id: string, note: string): string {
	if (!/^\w[\w.-]{0,99}$/.test(id)) {
		throw new TypeError(`${id} is no id of a plan.`);
	}

	return `${root}\n${id}\n${note.replace(/\s+/g, ' ')}\n`;
}
