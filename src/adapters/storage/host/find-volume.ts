import {posix} from 'node:path';
import {OperatorError} from '../../../domain/errors.ts';
import {type Engine, engines, partsOfVolume, type Volume} from '../../../domain/storage/volume.ts';
import type {Shell} from '../../../engine/ports/shell.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';

/** `program`: the path of the engine's command on the host. `folder`: where it keeps the volume, as its host sees it. */
type FoundVolume = {engine: Engine; program: string; folder: string};

const findTimeoutMs = 60_000;

/** Where an engine's program is looked for beside the PATH of the login: snap's docker, and what administrators install. */
export const enginePath = `PATH=$PATH:/usr/bin:/usr/local/bin:/snap/bin
quick=
if timeout 1 true >/dev/null 2>&1; then quick='timeout 20'; fi
`;

/**
 * The volume is $1; the engines to ask follow. Prints for each that is there: `engine NAME PROGRAM`, then `folder PATH`, or
 * `said TEXT` and `has VOLUME` for the volumes that there are. docker may be podman's own stand-in, which adds a line.
 */
const printVolume = `LC_ALL=C; export LC_ALL
${enginePath}name=$1
shift
for engine do
	program=$(command -v "$engine") || continue
	printf 'engine %s %s\\n' "$engine" "$program"
	if said=$($quick "$program" volume inspect --format '{{.Mountpoint}}' "$name" 2>&1 </dev/null); then
		printf '%s\\n' "$said" | sed -n 's,^/,folder /,p'
	else
		printf '%s\\n' "$said" | sed -n '/./s/^/said /p' | tail -n 1
		$quick "$program" volume ls --format '{{.Name}}' 2>/dev/null </dev/null | head -n 200 | sed -n 's/^[A-Za-z0-9]/has &/p'
	fi
done
echo end
`;

/**
 * Asks the container engines of a host where they keep a volume. A volume that does not exist is not made.
 * @throws OperatorError storage.volume
 */
export async function findVolume(
	{volume, engine}: Volume,
	{shell, signal}: Waiting & {shell: Shell},
): Promise<FoundVolume> {
	const {name, folder} = partsOfVolume(volume);
	const asked = engine === undefined ? engines : [engine];
	const request = {kind: 'read', script: printVolume, args: [name, ...asked], timeoutMs: findTimeoutMs} as const;
	const {stdout} = await shell.run(request, {signal});
	const answers = answersIn(Buffer.from(stdout).toString());
	const found = answers.flatMap(each => (each.folder === undefined ? [] : [{...each, folder: each.folder}]));
	const [first, second] = found;
	if (first === undefined) {
		throw notFound(name, answers, {place: shell.place, asked});
	}

	if (second !== undefined && second.folder !== first.folder) {
		throw new OperatorError('storage.volume', `Docker and Podman on ${shell.place} both have a volume ${name}.`, {
			hint: 'Add `engine: docker` or `engine: podman` to `storage` in the configuration.',
			exit: 'configuration',
		});
	}

	return {engine: first.engine, program: first.program, folder: posix.join(first.folder, folder)};
}

type Answer = {engine: Engine; program: string; folder?: string; said?: string; has: string[]};

function answersIn(output: string): Answer[] {
	const answers: Answer[] = [];
	for (const line of output.split('\n')) {
		const [, word, rest = ''] = /^(engine|folder|said|has) (.*)$/.exec(line) ?? [];
		const last = answers.at(-1);
		if (word === 'engine') {
			const [name, program = ''] = rest.split(' ');
			const engine = engines.find(each => each === name);
			if (engine !== undefined) {
				answers.push({engine, program, has: []});
			}
		} else if (last !== undefined && word === 'folder') {
			last.folder ??= rest;
		} else if (last !== undefined && word === 'said') {
			last.said = rest;
		} else if (last !== undefined && word === 'has') {
			last.has.push(rest);
		}
	}

	return answers;
}

/** @see docker CLI: "permission denied while trying to connect to the Docker daemon socket", since 29 "…to the docker API" */
const keptOut = /permission denied while trying to connect/i;
/** @see docker: "no such volume", podman: "no such volume" and "not found" */
const unknown = /no such volume|not found/i;

function notFound(
	name: string,
	answers: readonly Answer[],
	{place, asked}: {place: string; asked: readonly Engine[]},
): OperatorError {
	if (answers.length === 0) {
		const neither = asked.length === 1 ? `no ${asked[0]}` : 'neither docker nor podman';
		return new OperatorError('storage.volume', `There is ${neither} on ${place} to ask for the volume ${name}.`, {
			hint: 'Write `root: FOLDER` instead of `volume`, or let this login find the program (PATH).',
			exit: 'configuration',
		});
	}

	const closed = answers.find(({said = ''}) => keptOut.test(said));
	if (closed !== undefined) {
		return new OperatorError('storage.volume', `${place}: this login may not use ${closed.engine}.`, {
			hint: 'Add it to the group docker on that host (`sudo usermod -aG docker LOGIN`, which grants root), or add `become: sudo`.',
			exit: 'refused',
			cause: new Error(closed.said),
		});
	}

	// A podman that was never set up for this login says nothing about a host that docker runs on.
	const dockerKnows = answers.some(({engine, said = ''}) => engine === 'docker' && unknown.test(said));
	const failed = dockerKnows ? undefined : answers.find(({said = ''}) => !unknown.test(said));
	if (failed !== undefined) {
		return new OperatorError(
			'storage.volume',
			`${place}: ${failed.engine} does not tell where the volume ${name} is: ${failed.said ?? 'it said nothing'}.`,
			{hint: 'Start its daemon, or write `root: FOLDER` instead of `volume`.', exit: 'unreachable'},
		);
	}

	// compose puts the project's name before it.
	const all = [...new Set(answers.flatMap(({has}) => has))];
	const close = all.filter(each => each.endsWith(`_${name}`) || each.includes(name));
	const named = (close.length > 0 ? close : all).slice(0, 5).join(', ');
	const who = answers.map(({engine}) => engine).join(' and ');
	return new OperatorError('storage.volume', `There is no volume ${name} on ${place} (${who}).`, {
		hint:
			named === ''
				? `${who} of this login has no volume. A volume of root’s engine is seen with \`become: sudo\`, one of another user’s rootless engine as that user.`
				: `Volumes that are there: ${named}. Docker Compose puts the name of the project before it. A volume of root’s engine is seen with \`become: sudo\`.`,
		exit: 'configuration',
	});
}
