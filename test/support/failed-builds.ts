import {execFileSync} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {chmod, copyFile, mkdir, rm, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import type {BuildOrder, BuildStage} from '../../src/engine/ports/builder.ts';
import {type BuildHost, logins, type Program} from './build-host.ts';
import {createAuthority} from './certificates.ts';
import {startNginx} from './nginx.ts';
import {locate, type RealRegistry, startDockerRegistry} from './real.ts';

/** One way in which a build fails, on a real host. */
export type FailedBuild = {
	name: string;
	stage: BuildStage;
	/** What the cause says. */
	cause: RegExp;
	/** Absent: all three. */
	programs?: readonly Program[];
	/** What makes it fail; what it opens is closed after the build. */
	prepare(host: BuildHost, cleanup: AsyncDisposableStack): Promise<{files: Record<string, string>; order?: Changed}>;
};

/** `credentials` undefined: nobody logs in. */
type Changed = Partial<Omit<BuildOrder, 'credentials'>> & {credentials?: BuildOrder['credentials'] | undefined};

/** What busybox is linked with. */
const libraries = [
	'lib/x86_64-linux-gnu/libresolv.so.2',
	'lib/x86_64-linux-gnu/libc.so.6',
	'lib64/ld-linux-x86-64.so.2',
];

/** A folder of the repository that is built, with a shell in it. */
export async function addShell({folder}: BuildHost): Promise<void> {
	const root = path.join(folder, 'infra/root');
	for (const each of ['bin/busybox', ...libraries]) {
		await mkdir(path.dirname(path.join(root, each)), {recursive: true});
		await copyFile(each === 'bin/busybox' ? locate('busybox')! : `/${each}`, path.join(root, each));
	}

	for (const each of ['sh', 'make']) {
		await rm(path.join(root, 'bin', each), {force: true});
		await symlink('busybox', path.join(root, 'bin', each));
	}
}

const scratch = 'FROM scratch\nCOPY tool /tool\n';
const withShell = (...lines: string[]) => ['FROM scratch', 'COPY root/ /', ...lines, ''].join('\n');
const tlsOf = ({folder}: BuildHost) => ({
	certificate: path.join(folder, 'registry.pem'),
	key: path.join(folder, 'registry.key'),
});

const passing = ({registry}: BuildHost, more = '') =>
	`location / { ${more} proxy_pass https://${registry.host}; proxy_set_header Host $http_host; }`;

const withEnvironment = (host: BuildHost, more: Record<string, string>) => ({
	environment: {...host.order({}).environment, ...more},
});

const shellRuns =
	(...lines: string[]) =>
	async (host: BuildHost) => {
		await addShell(host);
		return {files: {Dockerfile: withShell(...lines)}};
	};

/** Pushes through this proxy instead. */
function throughProxy(lines: (host: BuildHost) => string[]): FailedBuild['prepare'] {
	return async (host, cleanup) => {
		const nginx = cleanup.use(await startNginx(host.folder, lines(host), tlsOf(host)));
		return {
			files: {Dockerfile: scratch, tool: 'x'},
			order: {images: [`${nginx.host}/infra-ci:latest`]},
		};
	};
}

/** A file system of this size in the place of a folder; only root can mount it. */
export function mountFull(folder: string, options: string, cleanup: AsyncDisposableStack): void {
	execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
	cleanup.defer(() => void execFileSync('umount', ['-l', folder]));
}

const baseAt =
	(base: (host: BuildHost) => string): FailedBuild['prepare'] =>
	async host => ({
		files: {Dockerfile: `FROM ${base(host)}\nCOPY tool /tool\n`, tool: 'x'},
	});

/** A registry that the host has no login for, with a certificate of this authority. */
async function startThird(host: BuildHost, cleanup: AsyncDisposableStack, tls = tlsOf(host)): Promise<RealRegistry> {
	const registry = await startDockerRegistry({
		root: path.join(host.folder, 'three'),
		folder: host.folder,
		htpasswd: path.join(host.folder, 'one/htpasswd'),
		tls,
	});
	cleanup.defer(() => registry.stop());
	return registry;
}

const notDocker: readonly Program[] = ['buildah', 'podman'];
/** Podman's words for what happens before a push are buildah's. */
const eachOnce: readonly Program[] = ['buildah', 'docker'];

export const failedBuilds: readonly FailedBuild[] = [
	{
		name: 'the disk of the images is full',
		stage: 'build',
		cause: /^a disk is full$/,
		// Podman's service has storage of its own.
		programs: notDocker,
		async prepare(host, cleanup) {
			// Two GiB of it are free, and hardly an inode.
			const folder = path.join(host.folder, 'containers-full');
			await mkdir(folder, {recursive: true});
			mountFull(folder, 'size=2g,nr_inodes=60,mode=700', cleanup);
			const text = `[storage]\ndriver = "vfs"\nrunroot = "${host.folder}/run-full"\ngraphroot = "${folder}"\n`;
			await writeFile(path.join(host.folder, 'full.conf'), text);
			const many = Object.fromEntries(Array.from({length: 40}, (_, n) => [`many-${n}`, 'x']));
			return {
				files: {Dockerfile: 'FROM scratch\nCOPY many-* /\n', ...many},
				order: withEnvironment(host, {CONTAINERS_STORAGE_CONF: path.join(host.folder, 'full.conf')}),
			};
		},
	},
	{
		name: 'nothing listens where the base image is',
		stage: 'build',
		cause: /^the registry of a base image cannot be reached$/,
		programs: eachOnce,
		prepare: baseAt(() => '127.0.0.1:1/acme/base:1'),
	},
	{
		name: 'the name of the base image’s registry does not resolve',
		stage: 'build',
		cause: /^the registry of a base image cannot be reached$/,
		programs: eachOnce,
		prepare: baseAt(() => 'registry.invalid/acme/base:1'),
	},
	{
		name: 'the base image’s registry has a certificate of an unknown authority',
		stage: 'build',
		cause: /^the registry of a base image cannot be reached$/,
		programs: eachOnce,
		async prepare(host, cleanup) {
			const {sign} = await createAuthority(host.folder, 'other-ca');
			const {cert, key} = await sign('third');
			const {host: third} = await startThird(host, cleanup, {certificate: cert, key});
			return {files: {Dockerfile: `FROM ${third}/acme/base:1\nCOPY tool /tool\n`, tool: 'x'}};
		},
	},
	{
		name: 'the base image does not exist',
		stage: 'build',
		cause: /^a base image does not exist in its registry$/,
		programs: eachOnce,
		prepare: baseAt(host => `${host.other.host}/acme/base:9`),
	},
	{
		name: 'the base image’s registry wants a login',
		stage: 'build',
		cause: /^a base image was refused, or does not exist$/,
		programs: eachOnce,
		async prepare(host, cleanup) {
			const {host: third} = await startThird(host, cleanup);
			return {files: {Dockerfile: `FROM ${third}/acme/base:1\nCOPY tool /tool\n`, tool: 'x'}};
		},
	},
	{
		name: 'the base image’s registry counts pulls',
		stage: 'build',
		cause: /^the registry of a base image counts too many pulls/,
		// It waits half a minute for another answer.
		programs: ['buildah'],
		async prepare(host, cleanup) {
			const lines = ['location /v2/acme { return 429; }', 'location = /v2/ { return 200 "{}"; }'];
			const nginx = cleanup.use(await startNginx(host.folder, lines, tlsOf(host)));
			return {files: {Dockerfile: `FROM ${nginx.host}/acme/base:1\nCOPY tool /tool\n`, tool: 'x'}};
		},
	},
	{
		name: 'the base image has a short name, and no registry is searched',
		stage: 'build',
		cause: /^a base image has no registry in its name/,
		programs: notDocker,
		prepare: baseAt(() => 'acme-base:1'),
	},
	{
		name: 'a step ends with an error',
		stage: 'build',
		cause: /^a step of the Dockerfile failed: building at STEP "RUN echo/,
		prepare: shellRuns('RUN echo "main.c:1: error: expected identifier" >&2; exit 2'),
	},
	{
		name: 'a step cannot reach what it loads',
		stage: 'build',
		cause: /^a step of the Dockerfile failed: building at STEP "RUN echo/,
		programs: eachOnce,
		prepare: shellRuns(
			'RUN echo \'Get "https://proxy.example/a": dial tcp: lookup proxy.example: no such host\' >&2; exit 1',
		),
	},
	{
		name: 'a step is killed',
		stage: 'build',
		cause: /^a program of the build was killed/,
		programs: eachOnce,
		prepare: shellRuns("RUN sh -c 'kill -9 $$'; exit $?"),
	},
	{
		name: 'the shell of a step is killed',
		stage: 'build',
		cause: /^a program of the build was killed/,
		// In a container the shell is the first process, which cannot kill itself.
		programs: ['buildah'],
		prepare: shellRuns('RUN kill -9 $$'),
	},
	{
		name: 'a program of another platform is run',
		stage: 'build',
		cause: /^a program of another platform was run/,
		programs: eachOnce,
		async prepare(host) {
			await addShell(host);
			const header = Buffer.alloc(64);
			header.write('\u007fELF\u0002\u0001\u0001', 'latin1');
			header.writeUInt16LE(2, 16);
			header.writeUInt16LE(0xb7, 18);
			const file = path.join(host.folder, 'infra/root/bin/arm');
			await writeFile(file, header);
			await chmod(file, 0o755);
			return {files: {Dockerfile: withShell('RUN ["/bin/arm"]')}};
		},
	},
	{
		name: 'a step uses a heredoc',
		stage: 'build',
		cause: /^the Dockerfile has a heredoc/,
		programs: eachOnce,
		prepare: shellRuns('RUN <<EOF', 'echo one', 'exit 3', 'EOF'),
	},
	{
		name: 'a step requires a secret that the build has not',
		stage: 'build',
		cause: /^a step requires the secret token, which the build was not given$/,
		programs: eachOnce,
		prepare: shellRuns('RUN --mount=type=secret,id=token,required=true cat /run/secrets/token'),
	},
	{
		name: 'docker’s older builder is given a secret',
		stage: 'build',
		// Before 23, docker passes it to nobody and says nothing.
		cause: /^(?:the build needs BuildKit|a step of the Dockerfile failed)/,
		programs: ['docker'],
		async prepare(host) {
			const token = path.join(host.folder, 'token');
			await writeFile(token, 'x');
			return {...(await shellRuns('RUN --mount=type=secret,id=token exit 4')(host)), order: {secrets: {token}}};
		},
	},
	{
		name: 'BuildKit is wanted, and buildx is absent',
		stage: 'build',
		cause: /^the build needs BuildKit/,
		programs: ['docker'],
		prepare: async host => ({
			files: {Dockerfile: scratch, tool: 'x'},
			order: withEnvironment(host, {DOCKER_BUILDKIT: '1'}),
		}),
	},
	{
		name: 'a file that is copied is absent',
		stage: 'build',
		cause: /^a file that the Dockerfile copies is not in its context$/,
		programs: eachOnce,
		prepare: async () => ({files: {Dockerfile: 'FROM scratch\nCOPY absent /tool\n'}}),
	},
	{
		name: 'an instruction is unknown',
		stage: 'build',
		cause: /^the Dockerfile could not be read: unknown instruction: "?MAKE"?$/i,
		programs: eachOnce,
		prepare: async () => ({files: {Dockerfile: 'FROM scratch\nMAKE all\n'}}),
	},
	{
		name: 'the password is wrong',
		stage: 'login',
		cause: /^the registry refused the login \(401\)$/,
		prepare: async () => ({
			files: {Dockerfile: scratch, tool: 'x'},
			order: {credentials: {username: logins.ours.username, password: 'wrong'}},
		}),
	},
	{
		name: 'nothing listens where the login goes',
		stage: 'login',
		cause: /^the host that builds cannot reach the registry$/,
		prepare: async () => ({
			files: {Dockerfile: scratch, tool: 'x'},
			order: {images: ['127.0.0.1:1/infra-ci:latest']},
		}),
	},
	{
		name: 'the proxy limits bodies',
		stage: 'push',
		cause: /^a layer is larger than what the proxy before the registry takes \(413\)$/,
		async prepare(host, cleanup) {
			const {order} = await throughProxy(each => ['client_max_body_size 1k;', passing(each)])(host, cleanup);
			return {files: {Dockerfile: scratch, tool: randomBytes(4096).toString('hex')}, ...(order && {order})};
		},
	},
	{
		name: 'the registry wants a login at the push',
		stage: 'push',
		cause: /^the registry refused the login \(401\)$/,
		async prepare(host, cleanup) {
			const {host: third} = await startThird(host, cleanup);
			return {
				files: {Dockerfile: scratch, tool: 'x'},
				order: {images: [`${third}/infra-ci:latest`], credentials: undefined},
			};
		},
	},
	{
		name: 'the proxy lets nobody push',
		stage: 'push',
		cause: /^the registry, or a proxy before it, forbids it \(403\)$/,
		prepare: throughProxy(host => [passing(host, 'limit_except GET HEAD { deny all; }')]),
	},
	{
		name: 'the registry is read-only',
		stage: 'push',
		cause: /^the registry takes no push: it is read-only, or a pull-through cache \(405\)$/,
		async prepare(host, cleanup) {
			const registry = await startDockerRegistry({
				root: path.join(host.folder, 'one/store'),
				folder: host.folder,
				readonly: true,
				htpasswd: path.join(host.folder, 'one/htpasswd'),
				tls: tlsOf(host),
			});
			cleanup.defer(() => registry.stop());
			return {files: {Dockerfile: scratch, tool: 'x'}, order: {images: [`${registry.host}/infra-ci:latest`]}};
		},
	},
	{
		name: 'the registry’s own disk is full',
		stage: 'push',
		cause: /^the registry, or a proxy before it, failed \(500\)$/,
		programs: notDocker,
		async prepare(host, cleanup) {
			const root = path.join(host.folder, 'full-store');
			await mkdir(root, {recursive: true});
			mountFull(root, 'size=1m,nr_inodes=8,mode=755', cleanup);
			const registry = await startDockerRegistry({
				root,
				folder: host.folder,
				htpasswd: path.join(host.folder, 'one/htpasswd'),
				tls: tlsOf(host),
			});
			cleanup.defer(() => registry.stop());
			return {files: {Dockerfile: scratch, tool: 'x'}, order: {images: [`${registry.host}/infra-ci:latest`]}};
		},
	},
	{
		name: 'nothing is behind the proxy',
		stage: 'push',
		cause: /^the registry, or a proxy before it, failed \(502\)$/,
		prepare: throughProxy(host => ['location ~ ^/v2/.*/uploads/ { proxy_pass https://127.0.0.1:1; }', passing(host)]),
	},
];
