import {mkdir, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {createBuilder} from '../../src/adapters/builder/builder.ts';
import {createOpenSshShell} from '../../src/adapters/ssh/openssh/openssh.ts';
import type {Digest} from '../../src/domain/image/digest.ts';
import {blobOf, buildImage, digestOf} from '../../src/drills/images/image.ts';
import {openStore} from '../../src/drills/images/store.ts';
import type {Builder} from '../../src/engine/ports/builder.ts';
import {createNonces} from './nonces.ts';
import {processes} from './processes.ts';
import {startDockerRegistry, temporaryFolder} from './real.ts';
import {startSshd} from './sshd.ts';

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
	word=\${word#docker://}
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

export const slowPushPrograms = ['docker-registry', 'sshd', 'curl'];

export type SlowPush = AsyncDisposable & {
	folder: string;
	/** `host:port` of the registry. */
	host: string;
	builder: Builder;
	/** Of a build, on the host that builds. */
	buildFile(request: string, name: string): string;
	/** What every push stores. */
	pushed: Digest;
	/** What the tag names, by the registry's own word. */
	digestIn(repository: string): Promise<Digest | null>;
};

/** A registry with a broken image `acme/app-N:latest` for each N, and a host, over sshd, whose builds push slowly. */
export async function openSlowPush(images: number): Promise<SlowPush> {
	const temporary = await temporaryFolder();
	const {folder} = temporary;
	const place = (name: string) => path.join(folder, name);
	const home = place('home');
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
	for (let at = 0; at < images; at++) {
		const broken = buildImage({seed: `broken ${at}`, platforms: ['linux/amd64'], attestations: false});
		await store.push(`acme/app-${at}`, 'latest', broken);
		await rm(store.blobFile(broken.manifests[0]!.digest));
	}

	const registry = await startDockerRegistry({root: store.root, folder});
	const environment = `HOME=${home} PUSHED=${place('pushed')} PATH=${place('bin')}:${process.env.PATH}`;
	const sshd = await startSshd({folder, options: [`SetEnv ${environment}`]});
	const shell = createOpenSshShell({
		processes,
		destination: sshd.alias,
		configFile: sshd.configFile,
		controlFolder: place('c'),
		environment: process.env,
		nonce: createNonces(),
	});

	return {
		folder,
		host: registry.host,
		builder: createBuilder({shell}),
		buildFile: (request, name) => path.join(home, '.cache/regmedic/builds', request, name),
		pushed: digestOf(manifest),
		async digestIn(repository) {
			const response = await fetch(`http://${registry.host}/v2/${repository}/manifests/latest`, {
				headers: {Accept: `${type}, application/vnd.oci.image.index.v1+json`},
			});
			return response.ok ? digestOf(Buffer.from(await response.arrayBuffer())) : null;
		},
		async [Symbol.asyncDispose]() {
			await shell.close();
			await sshd.stop();
			await registry.stop();
			await temporary[Symbol.asyncDispose]();
		},
	};
}
