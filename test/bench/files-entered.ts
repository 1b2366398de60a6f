// How many files a reader has to open: counts of the sources, and the files and functions that two commands enter.
// Run: npm run bench:files [-- OTHER_CHECKOUT …]; several checkouts are shown side by side.
import {execFile} from 'node:child_process';
import {existsSync} from 'node:fs';
import {mkdir, mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import type {startRegistry} from '../../src/drills/registry/server.ts';
import type {openWorld, World} from '../../src/drills/world/world.ts';
import {processes} from '../support/processes.ts';
import {measureSources} from '../support/source-graph.ts';

const here = path.resolve(import.meta.dirname, '../..');
const named = process.argv.slice(2).filter(word => !word.startsWith('-'));
const isVerbose = process.argv.includes('--list');
const checkouts = named.length > 0 ? named.map(name => path.resolve(name)) : [here];
const sourceLoader = path.join(here, 'test/support/load-sources.js');

type Entered = {files: number; functions: number};
type CoverageFile = {
	result: {url: string; functions: {functionName: string; ranges: {startOffset: number; count: number}[]}[]}[];
};

/** Takes the simulators of the measured checkout, so that each is measured with its own. */
async function simulatorsOf(checkout: string) {
	const drills = path.join(checkout, 'src/drills');
	const world = [path.join(drills, 'world/world.ts'), path.join(drills, 'world.ts')].find(file => existsSync(file));
	return {
		openWorld: ((await import(world ?? 'no world.ts below src/drills')) as {openWorld: typeof openWorld}).openWorld,
		startRegistry: ((await import(path.join(drills, 'registry/server.ts'))) as {startRegistry: typeof startRegistry})
			.startRegistry,
	};
}

/** Runs the unbundled program. @returns the files and functions of src/ that it entered, and its exit code */
async function enteredBy(checkout: string, args: string[], folder: string, expected: number): Promise<Entered> {
	const coverage = path.join(folder, 'coverage');
	await rm(coverage, {recursive: true, force: true});
	const environment = {
		PATH: process.env.PATH ?? '/usr/bin:/bin',
		HOME: folder,
		XDG_STATE_HOME: path.join(folder, 'state'),
		DRILL_REGISTRY_PASSWORD: process.env.DRILL_REGISTRY_PASSWORD ?? '',
		DRILL_CI_TOKEN: process.env.DRILL_CI_TOKEN ?? '',
		LANG: 'C.UTF-8',
		NODE_V8_COVERAGE: coverage,
	};
	const {code, output} = await new Promise<{code: number; output: string}>(resolve => {
		const node = ['--import', sourceLoader, path.join(checkout, 'src/cli.ts'), ...args];
		const child = execFile(process.execPath, node, {env: environment, cwd: folder}, (error, stdout, stderr) => {
			resolve({code: Number(error?.code ?? 0), output: `${stdout}\n${stderr}`});
		});
		child.stdin?.end();
	});
	if (code !== expected) {
		throw new Error(`regmedic ${args.join(' ')} ended with ${code}, not ${expected}:\n${output}`);
	}

	return countEntered(checkout, coverage);
}

/** A file is entered when at least one of its functions ran; its module body runs whenever it is imported. */
async function countEntered(checkout: string, coverage: string): Promise<Entered> {
	const functions = new Set<string>();
	const files = new Set<string>();
	const source = path.join(checkout, 'src') + path.sep;
	for (const name of await readdir(coverage)) {
		const {result} = JSON.parse(await readFile(path.join(coverage, name), 'utf8')) as CoverageFile;
		for (const script of result.filter(({url}) => url.startsWith('file:'))) {
			const file = fileURLToPath(script.url);
			if (!file.startsWith(source)) {
				continue;
			}

			// The first of a script is its module body.
			for (const {functionName, ranges} of script.functions.slice(1)) {
				if (ranges[0]!.count > 0) {
					files.add(file);
					functions.add(`${file} ${functionName} ${ranges[0]!.startOffset}`);
				}
			}
		}
	}

	if (isVerbose) {
		console.log(
			[...files]
				.map(file => file.slice(source.length))
				.sort()
				.join('\n'),
		);
	}

	return {files: files.size, functions: functions.size};
}

/** A configuration for the world of a drill. */
function configurationOf({
	registryUrl,
	registryCredentials,
	storageRoot,
	ssh,
	ci,
	build,
	repository,
	...world
}: World): string {
	return JSON.stringify({
		registries: {
			private: {
				url: registryUrl,
				credentials: {username: registryCredentials.username, password: {env: 'DRILL_REGISTRY_PASSWORD'}},
				storage: {
					ssh: ssh.alias,
					root: storageRoot,
					transport: 'ssh2',
					sshConfig: ssh.configFile,
					restart: world.restartCommand,
				},
			},
		},
		woodpecker: {url: ci.url, token: {env: 'DRILL_CI_TOKEN'}},
		images: {
			[repository]: {
				registry: 'private',
				build: {repository: ci.repository, branch: ci.branch},
				fallback: {on: 'vm', ...build},
			},
		},
	});
}

async function measure(checkout: string): Promise<[string, number][]> {
	const folder = await mkdtemp(path.join(tmpdir(), 'regmedic-bench-'));
	try {
		const {openWorld: open, startRegistry: start} = await simulatorsOf(checkout);
		await mkdir(path.join(folder, 'work'));
		const world = await open({
			processes,
			folder: path.join(folder, 'world'),
			scenario: 'orphan-index',
			seed: 'bench',
			speed: 100,
		});
		// Serves the same store without a login.
		const registry = await start({root: world.storageRoot});
		try {
			process.env.DRILL_REGISTRY_PASSWORD = world.registryCredentials.password;
			process.env.DRILL_CI_TOKEN = world.ci.token;
			const config = path.join(folder, 'regmedic.yaml');
			await writeFile(config, configurationOf(world));
			const work = path.join(folder, 'work');
			const verify = await enteredBy(checkout, ['verify', `${registry.host}/web/shop:1.42.0`], work, 0);
			const respond = ['respond', 'orphan-index', '--image', world.image, '--auto', '--plain', '--config', config];
			const steps = await enteredBy(checkout, respond, work, 8);
			const sources = await measureSources(checkout);
			return [
				...sources,
				['verify enters: files', verify.files],
				['verify enters: functions', verify.functions],
				['respond to its decision: files', steps.files],
				['respond to its decision: functions', steps.functions],
			];
		} finally {
			await registry.close();
			await world.close();
		}
	} finally {
		await rm(folder, {recursive: true, force: true});
	}
}

const columns: [string, number][][] = [];
for (const checkout of checkouts) {
	columns.push(await measure(checkout));
}

if (checkouts.length > 1) {
	console.log(''.padEnd(40) + checkouts.map(checkout => path.basename(checkout).padStart(10)).join(''));
}

for (const [row, [name]] of columns[0]!.entries()) {
	console.log(name.padEnd(40) + columns.map(column => String(column[row]![1]).padStart(10)).join(''));
}
