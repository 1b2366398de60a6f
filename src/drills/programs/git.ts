import {createHash} from 'node:crypto';
import {existsSync, readdirSync} from 'node:fs';
import {mkdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {type ProgramContext, ProgramFailure} from './context.ts';

const branches = ['main', 'release'];

const files: Record<string, string> = {
	'README.md': '# infra\n\nWhat the platform team of acme runs, and the image its pipelines run in.\n',
	'ci/Dockerfile':
		'FROM debian:12-slim\nRUN apt-get update && apt-get install -y --no-install-recommends git jq make\nCOPY entrypoint.sh /\nENTRYPOINT ["/entrypoint.sh"]\n',
	'ci/entrypoint.sh': '#!/bin/sh\nexec "$@"\n',
	'.woodpecker.yaml':
		'when:\n  - event: [push, manual]\nsteps:\n  - name: build\n    image: docker:27\n    commands: [docker build -t infra-ci ci]\n',
};

/** The part of git that a shallow clone uses. */
export async function git(args: string[], context: ProgramContext): Promise<void> {
	let folder = process.cwd();
	let rest = args;

	while (rest[0] === '-c' || rest[0] === '-C') {
		folder = rest[0] === '-C' ? path.resolve(folder, rest[1] ?? '.') : folder;
		rest = rest.slice(2);
	}

	const [command, ...words] = rest;
	switch (command) {
		case '--version':
		case 'version':
			context.out('git version 2.39.5');
			return;
		case 'clone':
			return clone(words, folder, context);
		case 'show':
			return show(words, context);
		case 'ls-tree':
			return listTree(words, context);
		case 'log':
		case 'rev-parse':
			return tell(command, words, folder, context);
		default:
			throw new ProgramFailure(1, `git: '${command ?? ''}' is not a git command. See 'git --help'.`);
	}
}

export function commitOf(seed: string, branch: string): string {
	return createHash('sha1').update(`${seed} ${branch}`).digest('hex');
}

/** Of the repository `acme/NAME`: its commits are its own. */
export function commitSeed(seed: string, name: string): string {
	return name === 'infra' ? seed : `${seed} ${name}`;
}

async function clone(words: string[], folder: string, {err, work, world}: ProgramContext): Promise<void> {
	const {branch, positional} = readClone(words);
	const [url, directory = path.basename(url ?? '', '.git')] = positional;

	if (url === undefined || url === '') {
		throw new ProgramFailure(129, 'fatal: You must specify a repository to clone.');
	}

	const target = path.resolve(folder, directory);
	if (existsSync(target) && readdirSync(target).length > 0) {
		throw new ProgramFailure(
			128,
			`fatal: destination path '${directory}' already exists and is not an empty directory.`,
		);
	}

	err(`Cloning into '${directory}'...`);
	await work(300);

	if (!branches.includes(branch)) {
		throw new ProgramFailure(128, `fatal: Remote branch ${branch} not found in upstream origin`);
	}

	for (const [name, content] of Object.entries({...files, '.git/HEAD': `ref: refs/heads/${branch}\n`})) {
		await mkdir(path.dirname(path.join(target, name)), {recursive: true});
		await writeFile(path.join(target, name), content);
	}

	err(`Receiving objects: 100% (${Object.keys(files).length + 3}/${Object.keys(files).length + 3}), done.`);
	await writeFile(path.join(target, '.git/commit'), commitOf(world.seed, branch));
}

function readClone(words: string[]): {branch: string; positional: string[]} {
	const positional: string[] = [];
	let branch = 'main';

	for (let n = 0; n < words.length; n++) {
		const word = words[n]!;
		const [name, value] = word.split(/=(.*)/s);

		if (name === '-b' || name === '--branch') {
			branch = value ?? words[++n] ?? branch;
		} else if (name === '--depth' && value === undefined) {
			n++;
		} else if (word !== '--' && !word.startsWith('-')) {
			positional.push(word);
		}
	}

	return {branch, positional};
}

/** `show HEAD:PATH` */
function show([object = '']: string[], {out}: ProgramContext): void {
	const text = files[object.replace(/^HEAD:/, '')];
	if (text === undefined) {
		throw new ProgramFailure(128, `fatal: path '${object.replace(/^HEAD:/, '')}' does not exist in 'HEAD'`);
	}

	out(text.trimEnd());
}

/** `ls-tree HEAD -- PATH` */
function listTree(words: string[], {out}: ProgramContext): void {
	const asked = words.at(-1) ?? '';
	if (files[asked] !== undefined) {
		out(`100644 blob ${commitOf(asked, '')}\t${asked}`);
	} else if (Object.keys(files).some(name => name.startsWith(`${asked}/`))) {
		out(`040000 tree ${commitOf(asked, '')}\t${asked}`);
	}
}

async function tell(command: string, words: string[], folder: string, {out}: ProgramContext): Promise<void> {
	const commit = await readFile(path.join(folder, '.git/commit'), 'utf8').catch(() => undefined);
	if (commit === undefined) {
		throw new ProgramFailure(128, 'fatal: not a git repository (or any of the parent directories): .git');
	}

	const format = words.find(word => word.startsWith('--format='))?.slice('--format='.length) ?? '%H';
	out(command === 'log' ? format.replaceAll('%H', commit).replaceAll('%s', 'Bump the toolchain') : commit);
}
