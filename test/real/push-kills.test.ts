import {mkdir, readFile, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {createBuilder} from '../../src/adapters/builder/builder.ts';
import {createOpenSshShell} from '../../src/adapters/ssh/openssh/openssh.ts';
import type {Digest} from '../../src/domain/image/digest.ts';
import {blobOf, buildImage, digestOf} from '../../src/drills/images/image.ts';
import {openStore} from '../../src/drills/images/store.ts';
import {actions} from '../../src/engine/actions/index.ts';
import type {Builder} from '../../src/engine/ports/builder.ts';
import type {Shell} from '../../src/engine/ports/shell.ts';
import {systemClock} from '../../src/wiring/setup.ts';
import {connect} from '../adapters/registry/server.ts';
import {contextWith} from '../support/fake-ports.ts';
import {createNonces} from '../support/nonces.ts';
import {processes} from '../support/processes.ts';
import {numbersFrom} from '../support/random-store.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {type RealSshd, startSshd} from '../support/sshd.ts';
import {isSweep} from '../support/sweep.ts';

const kills = isSweep ? 200 : 3;
const config = blobOf('{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}');
const type = 'application/vnd.oci.image.manifest.v1+json';
const manifest = Buffer.from(
	JSON.stringify({
		schemaVersion: 2,
		mediaType: type,
		config: {mediaType: 'application/vnd.oci.image.config.v1+json', digest: config.digest, size: config.bytes.length},
		layers: [],
	}),
);

/**
 * Pushes as buildah does, the config, then the manifest, then the file with the digest, with pauses between them in which
 * it can be killed. Real is what it pushes to.
 */
const slowBuildah = `#!/bin/sh
case $1 in
version | bud) exit 0 ;;
push)
	for word; do
		[ "\${before:-}" != --digestfile ] || file=$word
		before=$word
	done
	host=\${word%%/*} rest=\${word#*/} && name=\${rest%:*} tag=\${rest##*:}
	sleep 0.1
	at=$(curl -sS -D - -o /dev/null -X POST "http://$host/v2/$name/blobs/uploads/" | tr -d '\\r' | sed -n 's/^[Ll]ocation: //p')
	curl -sS -o /dev/null -X PUT -H 'Content-Type: application/octet-stream' --data-binary "@$PUSHED/config" "$at&digest=$(cat "$PUSHED/digest")"
	sleep 0.1
	curl -sS -o /dev/null -X PUT -H 'Content-Type: ${type}' --data-binary "@$PUSHED/manifest" "http://$host/v2/$name/manifests/$tag"
	sleep 0.1
	printf %s "${digestOf(manifest)}" >"$file"
	sleep 0.1 ;;
esac
`;

describeReal('a fallback build that is killed while it pushes', ['docker-registry', 'sshd', 'curl'], () => {
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let registry: RealRegistry;
	let sshd: RealSshd;
	let shell: Shell;
	let builder: Builder;
	let home: string;

	beforeAll(async () => {
		temporary = await temporaryFolder();
		const {folder} = temporary;
		const place = (name: string) => path.join(folder, name);
		home = place('home');
		for (const name of ['home', 'bin', 'pushed']) {
			await mkdir(place(name));
		}

		await writeFile(place('pushed/config'), config.bytes);
		await writeFile(place('pushed/digest'), config.digest);
		await writeFile(place('pushed/manifest'), manifest);
		await writeFile(place('bin/buildah'), slowBuildah, {mode: 0o755});
		await writeFile(
			place('bin/git'),
			'#!/bin/sh\nfor word; do target=$word; done\ncase "$*" in *clone*) mkdir -p "$target" && echo FROM scratch >"$target/Dockerfile" ;; esac\n',
			{mode: 0o755},
		);
		const store = openStore(place('store'));
		for (let at = 0; at < kills; at++) {
			const broken = buildImage({seed: `broken ${at}`, platforms: ['linux/amd64'], attestations: false});
			await store.push(`acme/app-${at}`, 'latest', broken);
			await rm(store.blobFile(broken.manifests[0]!.digest));
		}

		registry = await startDockerRegistry({root: store.root, folder});
		const environment = `HOME=${home} PUSHED=${place('pushed')} PATH=${place('bin')}:${process.env.PATH}`;
		sshd = await startSshd({folder, options: [`SetEnv ${environment}`]});
		shell = createOpenSshShell({
			processes,
			destination: sshd.alias,
			configFile: sshd.configFile,
			controlFolder: place('c'),
			environment: process.env,
			nonce: createNonces(),
		});
		builder = createBuilder({shell});
	});

	afterAll(async () => {
		await shell?.close();
		await sshd?.stop();
		await registry?.stop();
		await temporary[Symbol.asyncDispose]();
	});

	/** What the tag names, by the registry's own word. */
	async function digestIn(repository: string): Promise<Digest | null> {
		const response = await fetch(`http://${registry.host}/v2/${repository}/manifests/latest`, {
			headers: {Accept: `${type}, application/vnd.oci.image.index.v1+json`},
		});
		return response.ok ? digestOf(Buffer.from(await response.arrayBuffer())) : null;
	}

	/** Kills the job, or it with everything that it started, so long after its push began. */
	async function kill(request: string, {afterMs, whole, by}: {afterMs: number; whole: boolean; by: NodeJS.Signals}) {
		const folder = path.join(home, '.cache/regmedic/builds', request);
		for (;;) {
			const stage = await readFile(path.join(folder, 'stage'), 'utf8').catch(() => '');
			if (stage.trim() === 'push') {
				break;
			}

			await pause(5);
		}

		const pid = Number((await readFile(path.join(folder, 'pid'), 'utf8')).split('\n')[0]);
		await pause(afterMs);
		try {
			process.kill(whole ? -pid : pid, by);
		} catch (error) {
			// It had ended.
			expect((error as NodeJS.ErrnoException).code).toBe('ESRCH');
		}
	}

	test(`is never called failed where the registry has the push (${kills} kills)`, {timeout: 900_000}, async () => {
		const number = numbersFrom(1);
		const table: Record<string, number> = {};
		const wrong: string[] = [];
		const build = actions.find(({name}) => name === 'builder.build')!;

		for (let at = 0; at < kills; at++) {
			const repository = `acme/app-${at}`;
			const request = `kill-${at}`;
			const context = contextWith(
				{registry: connect({host: registry.host}), builder, clock: systemClock},
				{
					request,
					timeoutMs: 60_000,
					settings: {
						role: 'authoritative',
						platforms: {},
						plainHttp: true,
						runsInItself: false,
						fallback: {
							git: 'https://git.example/acme/infra',
							context: '.',
							dockerfile: 'Dockerfile',
							tags: [],
							builder: 'buildah',
							environment: {},
						},
					},
				},
			);
			const afterMs = Math.floor(number() * 550);
			const whole = number() < 0.6;
			const by = number() < 0.7 ? 'SIGKILL' : 'SIGTERM';
			const inputs = build.parse({image: `${registry.host}/${repository}:latest`});
			const [said] = await Promise.all([
				build.run(inputs, context).then(
					({outcome}) => outcome,
					error => error.code as string,
				),
				kill(request, {afterMs, whole, by}),
			]);
			const hasPush = (await digestIn(repository)) === digestOf(manifest);
			const row = `${by} to ${whole ? 'all' : 'the job'}: said ${said}, registry ${hasPush ? 'has it' : 'has it not'}`;
			table[row] = (table[row] ?? 0) + 1;
			if (said !== (hasPush ? 'pushed' : 'failed')) {
				wrong.push(`kill ${at} after ${afterMs} ms: ${row}`);
			}
		}

		process.stdout.write(`${JSON.stringify(table, undefined, '  ')}\n`);
		expect(wrong).toEqual([]);
	});
});
