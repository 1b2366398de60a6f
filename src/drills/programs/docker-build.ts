import {existsSync} from 'node:fs';
import {appendFile, mkdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {buildOnePlatform} from '../images/image.ts';
import {type ProgramContext, ProgramFailure} from './context.ts';
import {readOptions, valuesOf} from './docker-options.ts';

/** Of the pretend host, whatever machine it runs on. */
export const hostPlatform = 'linux/amd64';

const valued = ['-t', '--tag', '-f', '--file', '--platform', '--build-arg', '--label', '--progress', '--target'];

/** Every build makes a new image: its seed counts the builds of this host. */
export async function dockerBuild(words: string[], context: ProgramContext): Promise<void> {
	const {err, out, work, world, paths} = context;
	const {options, positional} = readOptions(words, valued);
	const isQuiet = valuesOf(options, '-q', '--quiet').length > 0;
	const say = isQuiet ? () => {} : err;
	const [folder] = positional;

	if (folder === undefined) {
		throw new ProgramFailure(1, 'ERROR: "docker buildx build" requires exactly 1 argument.');
	}

	const [dockerfile = path.join(folder, 'Dockerfile')] = valuesOf(options, '-f', '--file');
	if (!existsSync(folder) || !existsSync(dockerfile)) {
		const missing = existsSync(folder) ? path.basename(dockerfile) : folder;
		throw new ProgramFailure(
			1,
			`ERROR: failed to solve: failed to read dockerfile: open ${missing}: no such file or directory`,
		);
	}

	const instructions = (await readFile(dockerfile, 'utf8')).split('\n').filter(line => /^[A-Z]+ /.test(line));
	await appendFile(paths.builds, `${new Date().toISOString()}\n`);
	const count = (await readFile(paths.builds, 'utf8')).trimEnd().split('\n').length;
	const seed = `${world.seed} build ${count}`;

	say('#0 building with "default" instance using docker driver');
	say('#1 [internal] load build definition from Dockerfile');
	for (const [n, instruction] of instructions.entries()) {
		say(`#${n + 2} [${n + 1}/${instructions.length}] ${instruction}`);
		await work(1800 / instructions.length);
		say(`#${n + 2} DONE ${(0.4 * (n + 1)).toFixed(1)}s`);
	}

	for (const reference of valuesOf(options, '-t', '--tag')) {
		await tagLocally(context, reference, seed);
		say(`#${instructions.length + 2} naming to ${reference} done`);
	}

	const {digest} = buildOnePlatform(seed, hostPlatform).index;
	say(`#${instructions.length + 2} writing image ${digest} done`);
	if (isQuiet) {
		out(digest);
	}
}

/** The daemon's image store: which seed was built under which name. */
export async function tagLocally({paths}: ProgramContext, reference: string, seed: string): Promise<void> {
	const folder = path.join(paths.vm, 'docker-images');
	await mkdir(folder, {recursive: true});
	await writeFile(path.join(folder, fileNameOf(reference)), seed);
}

export async function seedOf({paths}: ProgramContext, reference: string): Promise<string | undefined> {
	return readFile(path.join(paths.vm, 'docker-images', fileNameOf(reference)), 'utf8').catch(() => undefined);
}

/** `host/repository:tag`; Docker adds `latest`. */
export function splitReference(reference: string): {host: string; repository: string; tag: string} {
	const [, host = '', repository = '', tag = 'latest'] = /^([^/]+)\/(.+?)(?::([^:/]+))?$/.exec(reference) ?? [];
	return {host, repository, tag};
}

function fileNameOf(reference: string): string {
	const {host, repository, tag} = splitReference(reference);
	return encodeURIComponent(`${host}/${repository}:${tag}`);
}
