import {execFile} from 'node:child_process';
import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, expect, test} from 'vitest';
import type {FaultKind} from '../../src/domain/image/fault.ts';
import {openStore} from '../../src/drills/images/store.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {index, plainImage, twoPlatforms} from '../support/image-parts.ts';
import {type Form, forms} from '../support/manifest-forms.ts';
import {writeParts} from '../support/push-parts.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';

const run = promisify(execFile);

type Told = {kind: FaultKind; digest: string; detail: string};

describeReal('the form of a manifest, on distribution 2.8', ['docker-registry', 'skopeo'], () => {
	const found = {verify: new Map<string, {verdict: string; faults: Told[]}>(), scan: new Map<string, Told[]>()};
	const pulled = new Map<string, boolean>();
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let login: Login;
	let server: RealRegistry;

	beforeAll(async () => {
		[temporary, login] = await Promise.all([temporaryFolder(), openLogin()]);
		const root = path.join(temporary.folder, 'root');
		await mkdir(root);
		for (const [at, form] of forms.entries()) {
			await writeParts(openStore(root), repositoryOf(at), ['latest'], form.image);
		}

		server = await startDockerRegistry({root, folder: temporary.folder});
		const references = forms.map((_, at) => `${server.host}/${repositoryOf(at)}:latest`);
		const [verified, scanned] = await Promise.all([
			login.run(['verify', ...references, '--json']),
			login.run(['scan', '--path', root, '--json']),
		]);
		for (const [at, {name}] of forms.entries()) {
			found.verify.set(name, JSON.parse(verified.stdout).images[at]);
			found.scan.set(
				name,
				JSON.parse(scanned.stdout).findings.filter(
					({repository}: {repository: string}) => repository === repositoryOf(at),
				),
			);
		}

		await Promise.all(
			forms.map(async ({name}, at) =>
				pulled.set(name, await skopeoPulls(references[at]!, path.join(temporary.folder, `${at}`))),
			),
		);
	});

	afterAll(async () => {
		await server?.stop();
		await login?.[Symbol.asyncDispose]();
		await temporary?.[Symbol.asyncDispose]();
	});

	test.each(forms)('$name: verify and scan say the same', ({name, kinds}: Form) => {
		const {verdict, faults} = found.verify.get(name)!;

		expect({verdict, faults: faults.map(({kind}) => kind)}).toEqual({
			verdict: kinds.length === 0 ? 'intact' : 'broken',
			faults: kinds,
		});
		expect(found.scan.get(name)!.map(({kind}) => kind)).toEqual(kinds);
		expect(JSON.stringify(found.scan.get(name))).not.toContain('moved aside');
	});

	test.each(forms)('$name: skopeo pulls it or fails, as recorded beside our verdict', ({name, skopeo}: Form) => {
		expect(pulled.get(name)).toBe(skopeo === 'pulls');
	});
	test('a platform that the image does not have is not intact, with an index and without: its config names it', async () => {
		const root = path.join(temporary.folder, 'root');
		await writeParts(openStore(root), 'forms/single', ['latest'], plainImage('single'));
		await writeParts(openStore(root), 'forms/unnamed', ['latest'], index([plainImage('unnamed')]));
		await writeParts(openStore(root), 'forms/two', ['latest'], twoPlatforms('two'));
		const verified = async (...flags: string[]) => {
			const images = ['single', 'unnamed', 'two'].map(name => `${server.host}/forms/${name}:latest`);
			const {exitCode, stdout} = await login.run(['verify', ...images, '--json', ...flags]);
			const {requests, images: checks} = JSON.parse(stdout);
			return {exitCode, requests, kinds: checks.map(({faults}: {faults: Told[]}) => faults.map(({kind}) => kind))};
		};

		const [plain, amd64, s390x, both, odd] = await Promise.all([
			verified(),
			verified('--platform', 'linux/amd64'),
			verified('--platform', 'linux/s390x'),
			verified('--require', 'linux/amd64,linux/arm64/v8'),
			login.run(['verify', `${server.host}/forms/two:latest`, '--require', 'arm64']),
		]);

		const missing = ['platform-missing'];
		expect(plain).toMatchObject({exitCode: 0, kinds: [[], [], []]});
		expect(amd64).toMatchObject({exitCode: 0, kinds: [[], [], []]});
		expect(s390x).toMatchObject({exitCode: 3, kinds: [missing, missing, missing]});
		expect(both).toMatchObject({exitCode: 3, kinds: [missing, missing, []]});
		// Of each image that lacks one, its tag again before it is called broken; its config was read.
		expect(both.requests).toBe(plain.requests + 2);
		expect(odd.exitCode).toBe(2);
	});
});

const repositoryOf = (at: number) => `forms/form-${at}`;

async function skopeoPulls(reference: string, folder: string): Promise<boolean> {
	try {
		await run('skopeo', ['copy', '--all', '--src-tls-verify=false', `docker://${reference}`, `dir:${folder}`]);
		return true;
	} catch {
		return false;
	}
}
