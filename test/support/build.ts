import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {chmod, cp, mkdtemp, readdir, rm, stat, symlink} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import type {TestProject} from 'vitest/node';

/** `problem`: why there is no program to run. Only tests that need the program fail because of it. */
export type ShippedProgram = {home: string; problem?: string};

declare module 'vitest' {
	interface ProvidedContext {
		program: ShippedProgram;
	}
}

const checkout = path.resolve(import.meta.dirname, '../..');

/**
 * Puts the shipped files (bin, dist, runbooks) into a folder of the test run, so that a build in the checkout does not
 * replace the bundle of a running test. dist is built only when it is older than its sources.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
	const home = await mkdtemp(path.join(tmpdir(), 'regmedic-home-'));
	// One test runs the program as another user.
	await chmod(home, 0o755);
	await cp(path.join(checkout, 'bin'), path.join(home, 'bin'), {recursive: true});
	for (const name of ['package.json', 'node_modules', 'runbooks', 'src']) {
		await symlink(path.join(checkout, name), path.join(home, name));
	}

	const problem = (await isFresh()) ? await copyDist(home) : await build(home);
	project.provide('program', {home, ...(problem === undefined ? {} : {problem})});
	return () => rm(home, {recursive: true, force: true});
}

async function isFresh(): Promise<boolean> {
	const built = await stat(path.join(checkout, 'dist/cli.js')).catch(() => undefined);
	if (built === undefined) {
		return false;
	}

	const sources = await readdir(path.join(checkout, 'src'), {recursive: true});
	const inputs = ['package.json', 'scripts/build.js', ...sources.map(name => path.join('src', name))];
	const times = await Promise.all(inputs.map(async name => (await stat(path.join(checkout, name))).mtimeMs));
	return Math.max(...times) < built.mtimeMs;
}

/** A build in the checkout may remove dist meanwhile; then this run builds its own. */
async function copyDist(home: string): Promise<string | undefined> {
	try {
		await cp(path.join(checkout, 'dist'), path.join(home, 'dist'), {recursive: true});
		return undefined;
	} catch {
		return build(home);
	}
}

async function build(home: string): Promise<string | undefined> {
	const child = spawn(process.execPath, [path.join(checkout, 'scripts/build.js')], {cwd: home});
	let said = '';
	child.stdout.resume();
	child.stderr.setEncoding('utf8').on('data', chunk => {
		said += chunk;
	});
	const [exitCode] = await once(child, 'close');
	return exitCode === 0 ? undefined : `The build failed:\n${said}`;
}
