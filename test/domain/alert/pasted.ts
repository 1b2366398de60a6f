const digest = `sha256:${'a1'.repeat(32)}`;
const other = `sha256:${'b2'.repeat(32)}`;
const here = 'registry.example:5050';

/** A text as somebody pastes it, the images or registries that it is about, and what its sentences mean, as people read them. */
export type Pasted = {name: string; text: string; about: string[]; means: string[]};

/** The sentences were recorded; what stands around them was written for this test. */
export const pasted: Pasted[] = [
	{
		name: 'docker pull of an index whose child is gone',
		text: `$ docker pull ${here}/infra-ci:latest
latest: Pulling from infra-ci
manifest for ${here}/infra-ci:latest not found: manifest unknown: manifest unknown`,
		about: [`${here}/infra-ci:latest`],
		means: ['child-gone'],
	},
	{
		name: 'docker pull of a tag that is not there',
		text: `Error response from daemon: manifest for ${here}/infra-ci:latest not found: manifest unknown: manifest unknown`,
		about: [`${here}/infra-ci:latest`],
		means: ['manifest-unknown'],
	},
	{
		name: 'docker run, the child is gone',
		text: `Unable to find image '${here}/tools/lint:1.2' locally
docker: manifest for ${here}/tools/lint:1.2 not found: manifest unknown: manifest unknown.
See 'docker run --help'.`,
		about: [`${here}/tools/lint:1.2`],
		means: ['child-gone'],
	},
	{
		name: 'a layer that only memory promises',
		text: `latest: Pulling from infra-ci
${[5, 10, 15, 20, 25].flatMap(most => Array.from({length: most}, (_, n) => `e1c75a5e0bfa: Retrying in ${most - n} seconds`)).join('\n')}
unexpected EOF`,
		about: [`${here}/infra-ci:latest`],
		means: ['memory'],
	},
	{
		name: 'one round of retries of two layers, counted down, and an end: memory, data or network',
		text: `latest: Pulling from infra-ci
${[5, 4, 3, 2, 1].map(n => `e1c75a5e0bfa: Retrying in ${n} second${n === 1 ? '' : 's'}\n0a1b2c3d4e5f: Retrying in ${n} seconds`).join('\n')}
unexpected EOF`,
		about: [`${here}/infra-ci:latest`],
		means: ['ended-early'],
	},
	{
		name: 'a config that only memory promises',
		text: `2026.04: Pulling from web/shop
error pulling image configuration: download failed after attempts=6: unexpected EOF`,
		about: [`${here}/web/shop:2026.04`],
		means: ['memory'],
	},
	{
		name: 'a config that is gone',
		text: `2026.04: Pulling from web/shop
error pulling image configuration: download failed after attempts=1: unknown blob`,
		about: [`${here}/web/shop:2026.04`],
		means: ['blob-gone'],
	},
	{
		name: 'a layer that is gone, in the log of a pipeline',
		text: `[clone:L12:3s] + git checkout 4c89c3f1
[lint:L0:0s] 1.41.1: Pulling from web/shop
[lint:L1:2s] unknown blob`,
		about: [`${here}/web/shop:1.41.1`],
		means: ['blob-gone'],
	},
	{
		name: 'a layer whose bytes are wrong, in colours',
		text: `\u001B[36m7f3a\u001B[0m latest: Pulling from data/etl\n\u001B[31mfilesystem layer verification failed for digest ${digest}\u001B[0m`,
		about: [`${here}/data/etl:latest`],
		means: [`data-wrong ${digest}`],
	},
	{
		name: 'a config whose bytes are wrong',
		text: `docker: error pulling image configuration: image config verification failed for digest ${digest}\nimage: ${here}/data/etl:nightly`,
		about: [`${here}/data/etl:nightly`],
		means: [`data-wrong ${digest}`],
	},
	{
		name: 'skopeo names the child',
		text: `time="2026-04-19T03:12:07Z" level=fatal msg="copying system image from manifest list: determining manifest MIME type for docker://${here}/infra-ci:latest: reading manifest ${digest} in ${here}/infra-ci: manifest unknown: manifest unknown"`,
		about: [`${here}/infra-ci:latest`],
		means: [`manifest-gone ${digest}`],
	},
	{
		name: 'skopeo, by the tag: which of two is open',
		text: `FATA[0000] initializing source docker://${here}/infra-ci:latest: reading manifest latest in ${here}/infra-ci: manifest unknown: manifest unknown`,
		about: [`${here}/infra-ci:latest`],
		means: ['manifest-unknown'],
	},
	{
		name: 'skopeo, the bytes of a config are wrong: it names the wrong digest first',
		text: `FATA[0001] copying docker://${here}/infra-ci:2: reading config blob ${digest}: Download config.json digest ${other} does not match expected ${digest}`,
		about: [`${here}/infra-ci:2`],
		means: [`data-wrong ${digest}`],
	},
	{
		name: 'buildah, a layer is gone',
		text: `Error: creating build container: copying system image from manifest list: reading blob ${digest}: Error fetching blob: invalid status code from registry 404 (Not Found)
STEP 1/4: FROM ${here}/base/alpine:3.20`,
		about: [`${here}/base/alpine:3.20`],
		means: [`blob-gone ${digest}`],
	},
	{
		name: 'crane, 2.8 names the manifest of the tag',
		text: `Error: GET http://${here}/v2/tools/sign/manifests/latest: MANIFEST_UNKNOWN: manifest unknown; map[Name:tools/sign Revision:${digest}]`,
		about: [`${here}/tools/sign:latest`],
		means: [`manifest-gone ${digest}`],
	},
	{
		name: 'crane, there is no such tag',
		text: `Error: failed to read image ${here}/tools/sign:x: GET http://${here}/v2/tools/sign/manifests/x: MANIFEST_UNKNOWN: manifest unknown; map[Tag:x]`,
		about: [`${here}/tools/sign:x`],
		means: ['tag-gone'],
	},
	{
		name: 'crane validate, 3.1 names a child',
		text: `FAIL: ${here}/tools/sign:latest: validating children: GET http://${here}/v2/tools/sign/manifests/${digest}: MANIFEST_UNKNOWN: manifest unknown; unknown manifest name=tools/sign revision=${digest}`,
		about: [`${here}/tools/sign:latest`],
		means: [`manifest-gone ${digest}`],
	},
	{
		name: 'crane validate, a layer shorter than promised',
		text: `FAIL: ${here}/web/shop:edge: validating layers: undersized layer[1] content: Manifest.Layers[1].size 1024`,
		about: [`${here}/web/shop:edge`],
		means: ['ended-early'],
	},
	{
		name: 'crane, an empty config',
		text: `Error: saving tarball /tmp/x.tar: unable to calculate manifest: GET http://${here}/v2/web/shop/blobs/${digest}: Content-Length header 0 does not match size 512\nref: ${here}/web/shop:edge`,
		about: [`${here}/web/shop:edge`],
		means: [`data-wrong ${digest}`],
	},
	{
		name: 'regctl, with the registry’s JSON',
		text: `copy failed, error getting source: failed to get manifest ${here}/web/shop@${digest}: request failed: not found [http 404]: {"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":{"Name":"web/shop","Revision":"${digest}"}}]}`,
		about: [`${here}/web/shop@${digest}`],
		means: [`manifest-gone ${digest}`],
	},
	{
		name: 'regctl, a link that is empty',
		text: `failed to get manifest ${here}/web/shop:edge: request failed: unexpected http status code: Internal Server Error [http 500]: {"errors":[{"code":"UNKNOWN","message":"unknown error","detail":"invalid checksum digest format"}]}`,
		about: [`${here}/web/shop:edge`],
		means: ['server-error'],
	},
	{
		name: 'the registry fails',
		text: `nightly: Pulling from data/etl\nreceived unexpected HTTP status: 500 Internal Server Error`,
		about: [`${here}/data/etl:nightly`],
		means: ['server-error'],
	},
	{
		name: 'the proxy does not reach the registry',
		text: `Error response from daemon: Get "https://${here}/v2/": received unexpected HTTP status: 502 Bad Gateway`,
		about: ['the registry private'],
		means: ['proxy-error'],
	},
	{
		name: 'nothing listens',
		text: `Error response from daemon: Get "https://${here}/v2/": dial tcp 10.0.0.7:5050: connect: connection refused`,
		about: ['the registry private'],
		means: ['no-answer'],
	},
	{
		name: 'not logged in',
		text: `Error response from daemon: Head "https://${here}/v2/infra-ci/manifests/latest": no basic auth credentials`,
		about: [`${here}/infra-ci:latest`],
		means: ['no-login'],
	},
	{
		name: 'events of Kubernetes, by another address',
		text: `  Warning  Failed     12s (x3 over 55s)  kubelet  Failed to pull image "registry.internal/acme/web:1.4": rpc error: code = NotFound desc = failed to pull and unpack image "registry.internal/acme/web:1.4": failed to copy: httpReadSeeker: failed open: content at https://registry.internal/v2/acme/web/manifests/${digest} not found: not found
  Warning  Failed     12s (x3 over 55s)  kubelet  Error: ErrImagePull`,
		about: [`${here}/acme/web:1.4`],
		means: [`not-pulled ${digest}`, 'not-pulled'],
	},
	{
		name: 'JSON of a CI, with escapes',
		text: `{"error":"Error response from daemon: manifest for ${here}/infra-ci:latest not found: manifest unknown: manifest unknown\\nexit 126","status":"failure"}`,
		about: [`${here}/infra-ci:latest`],
		means: ['manifest-unknown'],
	},
	{
		name: 'two images in one log, and a library that is none',
		text: `go: downloading github.com/acme/lib v1.2.0
Error response from daemon: manifest for ${here}/infra-ci:latest not found: manifest unknown: manifest unknown
Error response from daemon: manifest for ${here}/web/shop:1.42.0 not found: manifest unknown: manifest unknown`,
		about: [`${here}/infra-ci:latest`, `${here}/web/shop:1.42.0`],
		means: ['manifest-unknown'],
	},
	{
		name: 'an image of a registry that is not configured',
		text: 'docker: Error response from daemon: manifest for hub.example/acme/app:7 not found: manifest unknown: manifest unknown.',
		about: ['hub.example/acme/app:7, whose registry is not configured'],
		means: ['manifest-unknown'],
	},
	{
		name: 'limited',
		text: `Error response from daemon: toomanyrequests: You have reached your pull rate limit.\nimage ${here}/infra-ci:latest`,
		about: [`${here}/infra-ci:latest`],
		means: ['rate-limit'],
	},
	{
		name: 'words of a person: no client said anything',
		text: `all pipelines are red since 3, the image is ${here}/infra-ci:latest I think. image can't be pulled`,
		about: [`${here}/infra-ci:latest`],
		means: ['not-pulled'],
	},
];
