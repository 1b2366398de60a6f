import {execFile} from 'node:child_process';
import {cp, mkdir, readFile, realpath, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import {deployFolder, root} from './deploy-files.ts';
import {shippedHome} from './shipped.ts';

const run = promisify(execFile);

export type Container = {
	/** What the image's configuration says. */
	config: {User: string; Entrypoint: string[]; Env: string[]; WorkingDir: string};
	/** Runs the image's entrypoint with these arguments, on the host's network. */
	regmedic(args: string[]): Promise<{code: number; stdout: string; stderr: string}>;
	/** Runs a program of Node in it. */
	node(script: string): Promise<string>;
};

/**
 * Builds deploy/container/Containerfile with buildah, without a package registry: its base is made from scratch out of this
 * Node and the libraries it is linked with, and its build stage is the bundle that was built here already.
 */
export async function buildContainer(folder: string): Promise<Container> {
	const base = path.join(folder, 'base');
	const built = path.join(folder, 'built');
	await Promise.all([mkdir(path.join(base, 'tmp'), {recursive: true}), mkdir(built)]);
	await Promise.all([copyNode(base), copyProduct(built)]);
	await writeFile(path.join(folder, 'Base'), 'FROM scratch\nCOPY base/ /\nENV PATH=/bin\n');
	await writeFile(
		path.join(folder, 'storage.conf'),
		`[storage]\ndriver = "vfs"\nrunroot = "${folder}/run"\ngraphroot = "${folder}/graph"\n`,
	);
	const environment = {
		PATH: process.env.PATH,
		HOME: folder,
		XDG_RUNTIME_DIR: folder,
		CONTAINERS_STORAGE_CONF: path.join(folder, 'storage.conf'),
		BUILDAH_ISOLATION: 'chroot',
	};
	const buildah = async (...args: string[]) =>
		(await run('buildah', args, {env: environment, cwd: folder, timeout: 60_000})).stdout.trim();

	const build = ['bud', '--quiet', '--layers=false', '--pull-never'];
	await buildah(...build, '--tag=localhost/acme/node', '--file=Base', folder);
	await buildah(
		...build,
		'--build-arg=BASE=localhost/acme/node',
		'--build-arg=BUILDER=scratch',
		`--build-context=build=${built}`,
		'--tag=localhost/acme/regmedic',
		`--file=${path.join(deployFolder, 'container/Containerfile')}`,
		root,
	);
	const name = await buildah('from', '--pull-never', 'localhost/acme/regmedic');
	const {config} = JSON.parse(await buildah('inspect', name)).OCIv1;

	return {
		config,
		regmedic: args =>
			run('buildah', ['run', name, '--', ...config.Entrypoint, ...args], {env: environment, timeout: 30_000}).then(
				said => ({code: 0, ...said}),
				error => error,
			),
		node: script => buildah('run', name, '--', 'node', '-e', script),
	};
}

/** The binary and every library it is linked with, each at its own path. */
async function copyNode(base: string): Promise<void> {
	const {stdout} = await run('ldd', [process.execPath]);
	const libraries = [...stdout.matchAll(/(\/lib\S+)/g)].map(([, file]) => file!);
	await Promise.all([
		cp(await realpath(process.execPath), path.join(base, 'bin/node')),
		...libraries.map(async file => cp(await realpath(file), path.join(base, file))),
	]);
}

/** What the build stage leaves behind. */
async function copyProduct(built: string): Promise<void> {
	const home = path.join(built, 'opt/regmedic');
	await mkdir(path.join(built, 'etc/regmedic'), {recursive: true});
	await writeFile(path.join(built, 'etc/regmedic/passwd'), await passwdOf());
	for (const name of ['bin', 'dist', 'runbooks', 'package.json']) {
		await cp(await realpath(path.join(shippedHome(), name)), path.join(home, name), {recursive: true});
	}

	for (const name of await closureOf('ssh2')) {
		await cp(path.join(root, 'node_modules', name), path.join(home, 'node_modules', name), {recursive: true});
	}
}

/** As the Containerfile prints it. */
async function passwdOf(): Promise<string> {
	const text = await readFile(path.join(deployFolder, 'container/Containerfile'), 'utf8');
	const [, format] = /printf '([^']+)' >\/etc\/regmedic\/passwd/.exec(text)!;
	return format!.replaceAll('\\n', '\n');
}

/** A package that is not bundled, with everything it depends on. */
async function closureOf(name: string, known = new Set<string>()): Promise<Set<string>> {
	if (!known.has(name)) {
		known.add(name);
		const manifest = JSON.parse(await readFile(path.join(root, 'node_modules', name, 'package.json'), 'utf8'));
		for (const dependency of Object.keys(manifest.dependencies ?? {})) {
			await closureOf(dependency, known);
		}
	}

	return known;
}
