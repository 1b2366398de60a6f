import type {Demand} from './login-front.ts';

/** The fronts of the tests, by what they demand. */
export type FrontName = Demand['kind'] | 'elsewhere' | 'offline';

/** How a machine is made that is logged in. */
export type Making = {
	/** Of the front: `registry.acme.example:5050` */
	host: string;
	home: string;
	/** Runs a client there; what it needs is on standard input. */
	run(words: string[], input?: string, environment?: Record<string, string>): Promise<void>;
	write(name: string, content: unknown): Promise<void>;
	/** A program on the PATH. */
	program(name: string, script: string): Promise<void>;
	ca: string;
	client: {cert: string; key: string};
};

/** What a client is started with. */
export type Made = {
	environment?: Record<string, string>;
	/** Files that are shown below /etc. */
	etc?: Record<string, string>;
};

export type Way = {
	title: string;
	/** Which program wrote it, or where its form is documented. */
	writtenBy: string;
	front: FrontName;
	repository?: string;
	make(making: Making): Promise<Made | undefined>;
};

const auth = (pair: string) => ({auth: Buffer.from(pair).toString('base64')});
const nora = auth('nora:right');

/** A front's authority is trusted by the bundle that SSL_CERT_FILE names, unless a way is about that. */
const trustsNothing = {SSL_CERT_FILE: '/dev/null', SSL_CERT_DIR: '/nowhere'};

const key = (title: string, of: (host: string) => string, writtenBy: string): Way => ({
	title: `\`auths\`, the key ${title}`,
	writtenBy,
	front: 'basic',
	async make({host, write}) {
		await write('.docker/config.json', {auths: {[of(host)]: nora}});
		return undefined;
	},
});

const helperThatStores = `case "$1" in
store) cat > "$HOME/stored.json" ;;
get) read -r server; if grep -qs "\\"$server\\"" "$HOME/stored.json"; then cat "$HOME/stored.json"; else echo 'credentials not found in native keychain'; exit 1; fi ;;
*) echo '{}' ;;
esac`;

export const ways: Way[] = [
	{
		title: '`auths`, the key `HOST`',
		writtenBy: 'docker login',
		front: 'basic',
		async make({host, run}) {
			await run(['docker', 'login', '--username', 'nora', '--password-stdin', host], 'right');
			return undefined;
		},
	},
	key('`http://HOST`', host => `http://${host}`, 'docker up to 1.12'),
	key('`https://HOST/v1/`', host => `https://${host}/v1/`, 'docker up to 1.12'),
	key('`https://HOST/v2/`', host => `https://${host}/v2/`, 'docker/cli, ConvertToHostname'),
	{
		title: '`username` and `password`',
		writtenBy: 'docker/cli, AuthConfig; kubectl create secret',
		front: 'basic',
		async make({host, write}) {
			await write('.docker/config.json', {auths: {[host]: {username: 'nora', password: 'right'}}});
			return undefined;
		},
	},
	{
		title: '`identitytoken`',
		writtenBy: 'docker login',
		front: 'offline',
		async make({host, run}) {
			await run(['docker', 'login', '--username', 'nora', '--password-stdin', host], 'right');
			return undefined;
		},
	},
	{
		title: '`registrytoken`',
		writtenBy: 'docker/cli, AuthConfig',
		front: 'registry-token',
		async make({host, write}) {
			await write('.docker/config.json', {auths: {[host]: {registrytoken: 'given-token'}}});
			return undefined;
		},
	},
	{
		title: '`credHelpers`',
		writtenBy: 'docker login, docker-credential-acme',
		front: 'basic',
		async make({host, run, write, program}) {
			await program('docker-credential-acme', helperThatStores);
			await write('.docker/config.json', {credHelpers: {[host]: 'acme'}});
			await run(['docker', 'login', '--username', 'nora', '--password-stdin', host], 'right');
			return undefined;
		},
	},
	{
		title: '`credsStore`, which keeps `<token>`',
		writtenBy: 'docker login, docker-credential-acme',
		front: 'offline',
		async make({host, run, write, program}) {
			await program('docker-credential-acme', helperThatStores);
			await write('.docker/config.json', {credsStore: 'acme'});
			await run(['docker', 'login', '--username', 'nora', '--password-stdin', host], 'right');
			return undefined;
		},
	},
	{
		title: '`credsStore` that is not installed, beside `auths`',
		writtenBy: 'docker login, then `credsStore` as Docker Desktop leaves it',
		front: 'basic',
		async make({host, write}) {
			await write('.docker/config.json', {auths: {[host]: nora}, credsStore: 'desktop'});
			return undefined;
		},
	},
	{
		title: '`$REGISTRY_AUTH_FILE`',
		writtenBy: 'skopeo login',
		front: 'basic',
		async make({host, home, run}) {
			const environment = {REGISTRY_AUTH_FILE: `${home}/own/auth.json`};
			await run(['skopeo', 'login', '--username', 'nora', '--password-stdin', host], 'right', environment);
			return {environment};
		},
	},
	{
		title: '`$XDG_RUNTIME_DIR/containers/auth.json`',
		writtenBy: 'podman login',
		front: 'basic',
		async make({host, run}) {
			await run(['podman', 'login', '--username', 'nora', '--password-stdin', host], 'right');
			return undefined;
		},
	},
	{
		title: '`~/.config/containers/auth.json`',
		writtenBy: 'buildah login --authfile',
		front: 'basic',
		async make({host, home, run}) {
			const file = `${home}/config/containers/auth.json`;
			await run(['buildah', 'login', '--authfile', file, '--username', 'nora', '--password-stdin', host], 'right');
			return undefined;
		},
	},
	{
		title: '`~/.dockercfg`',
		writtenBy: 'docker up to 1.6',
		front: 'basic',
		async make({host, write}) {
			await write('.dockercfg', {[`https://${host}/v1/`]: {...nora, email: 'nora@acme.example'}});
			return undefined;
		},
	},
	{
		title: 'an entry of a repository beside the one of its host',
		writtenBy: 'podman login HOST/acme/secret',
		front: 'basic',
		repository: 'acme/secret',
		async make({host, run}) {
			await run(['podman', 'login', '--username', 'nora', '--password-stdin', host], 'right');
			await run(['podman', 'login', '--username', 'sam', '--password-stdin', `${host}/acme/secret`], 'for-secret');
			return undefined;
		},
	},
	{
		title: '`/etc/docker/certs.d`, an authority',
		writtenBy: 'docs.docker.com/engine/security/certificates',
		front: 'nothing',
		async make({host, home, run, ca}) {
			await run(['install', '-D', ca, `${home}/etc-docker/certs.d/${host}/ca.crt`]);
			return {environment: trustsNothing, etc: {'/etc/docker': `${home}/etc-docker`}};
		},
	},
	{
		title: '`/etc/containers/certs.d`, an authority and a client certificate',
		writtenBy: 'containers-certs.d(5)',
		front: 'certificate',
		async make({host, home, run, ca, client}) {
			const folder = `${home}/etc-containers/certs.d/${host}`;
			await run(['cp', '-rT', '/etc/containers', `${home}/etc-containers`]);
			await run(['install', '-D', ca, `${folder}/ca.crt`]);
			await run(['install', client.cert, `${folder}/client.cert`]);
			await run(['install', client.key, `${folder}/client.key`]);
			return {environment: trustsNothing, etc: {'/etc/containers': `${home}/etc-containers`}};
		},
	},
	{
		title: 'the distribution’s bundle of authorities',
		writtenBy: 'update-ca-certificates',
		front: 'nothing',
		async make({home, run, ca}) {
			const bundle = '/etc/ssl/certs/ca-certificates.crt';
			await run(['sh', '-c', 'cat "$1" "$2" > "$3"', 'sh', bundle, ca, `${home}/bundle.crt`]);
			return {environment: {SSL_CERT_FILE: '', SSL_CERT_DIR: ''}, etc: {[bundle]: `${home}/bundle.crt`}};
		},
	},
	{
		title: '`SSL_CERT_FILE`',
		writtenBy: 'openssl(1), Go crypto/x509',
		front: 'nothing',
		make: async () => undefined,
	},
	{
		title: 'a token service on another host, with credentials',
		writtenBy: 'docker login',
		front: 'elsewhere',
		async make({host, run}) {
			await run(['docker', 'login', '--username', 'nora', '--password-stdin', host], 'right');
			return undefined;
		},
	},
	{
		title: 'a token service on another host, without credentials',
		writtenBy: 'nobody: the repository is public',
		front: 'elsewhere',
		repository: 'acme/open',
		make: async () => undefined,
	},
];
