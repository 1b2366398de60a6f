import {execFile} from 'node:child_process';
import {cp, mkdir, mkdtemp, readdir, readFile, realpath, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import manifest from '../../package.json' with {type: 'json'};
import {shippedHome} from '../support/shipped.ts';

const run = promisify(execFile);
const checkout = path.resolve(import.meta.dirname, '../..');
const timeout = 120_000;
/** ssh2 and what it needs; its native parts are optional, and nothing of regmedic waits for them. */
const brought = ['asn1', 'bcrypt-pbkdf', 'regmedic', 'safer-buffer', 'ssh2', 'tweetnacl'];

/** Without a registry of packages: the dependencies are packed from the checkout, too. */
describe('regmedic, packed and installed into an empty prefix', () => {
	let folder: string;

	const npm = (args: string[], cwd: string) =>
		run('npm', args, {cwd, env: {...process.env, npm_config_cache: path.join(folder, 'cache')}, timeout});
	const pack = async (source: string): Promise<string> => {
		const {stdout} = await npm(['pack', '--ignore-scripts', '--json', '--pack-destination', folder], source);
		return path.join(folder, JSON.parse(stdout)[0].filename);
	};

	beforeAll(async () => {
		folder = await mkdtemp(path.join(tmpdir(), 'regmedic install-'));
		const source = path.join(folder, 'source');
		await mkdir(source);
		// The bill of materials is made when a release is packed.
		const shipped = manifest.files.filter(name => name !== 'regmedic.cdx.json');
		for (const name of ['package.json', 'README.md', 'LICENSE', ...shipped]) {
			const from = name === 'dist' ? shippedHome() : checkout;
			await cp(path.join(from, name), path.join(source, name), {recursive: true});
		}

		const own = await pack(source);
		const needed = await Promise.all(
			brought
				.filter(name => name !== 'regmedic')
				.map(async name => pack(await realpath(path.join(checkout, 'node_modules', name)))),
		);
		await npm(
			[
				'install',
				'--offline',
				'--ignore-scripts',
				'--omit=optional',
				'--prefix',
				path.join(folder, 'prefix'),
				own,
				...needed,
			],
			folder,
		);
	}, timeout);

	afterAll(() => rm(folder, {recursive: true, force: true}));

	const installed = () => path.join(folder, 'prefix/node_modules');
	const regmedic = (args: string[]) =>
		run(process.execPath, [path.join(installed(), '.bin/regmedic'), ...args], {
			cwd: folder,
			env: {PATH: process.env.PATH, HOME: folder, XDG_STATE_HOME: path.join(folder, 'state'), LANG: 'C.UTF-8'},
			timeout,
		});

	it('brings ssh2 with its four packages, and nothing else', async () => {
		const names = (await readdir(installed())).filter(name => !name.startsWith('.'));

		expect(names).toEqual(brought);
	});

	it('runs a drill to its end', {timeout}, async () => {
		const {stdout} = await regmedic(['drill', '--speed', '1000']);

		expect(stdout).toContain('REHEARSAL');
		expect(stdout).toMatch(/Every damaged image is intact again\./);
	});

	it('declares every package that its bundle imports, and no other', async () => {
		const dist = path.join(installed(), 'regmedic/dist');
		const texts = await Promise.all((await readdir(dist)).map(name => readFile(path.join(dist, name), 'utf8')));
		const imported = texts.flatMap(text =>
			[...text.matchAll(/^(?:import|export)\b[^'"]*?\bfrom\s*"([^".][^"]*)"|\bimport\("([^".][^"]*)"\)/gm)].map(
				match => match[1] ?? match[2]!,
			),
		);
		// Ink asks for its dev tools where DEV=true, and says what to install where they are missing.
		const packages = new Set(imported.filter(name => !name.startsWith('node:') && name !== 'react-devtools-core'));

		expect([...packages]).toEqual(Object.keys(manifest.dependencies));
	});
});
