// Writes regmedic.cdx.json (or the file that is named), which `npm pack` takes along: what npm says of the installed packages, as far as they are shipped.
import {execFile} from 'node:child_process';
import {writeFile} from 'node:fs/promises';
import {argv} from 'node:process';
import {promisify} from 'node:util';
import {bundle} from './build.js';
import {bundledPackages, identityOf} from './third-party.js';

const {metafile} = await bundle({write: false});
const bundled = await Promise.all(bundledPackages(metafile).map(identityOf));
const sbomOf = async (...more) => {
	const {stdout} = await promisify(execFile)(
		'npm',
		['sbom', '--sbom-format=cyclonedx', '--package-lock-only', ...more],
		{
			maxBuffer: 64 * 1024 * 1024,
		},
	);
	return JSON.parse(stdout);
};
const [all, needed] = await Promise.all([sbomOf(), sbomOf('--omit=dev')]);

// npm calls the bundled packages development dependencies: nobody has to install them.
const shipped = new Set([
	...bundled.map(({name, version}) => `${name}@${version}`),
	...needed.components.map(component => component['bom-ref']),
]);
const missing = [...shipped].filter(ref => !all.components.some(component => component['bom-ref'] === ref));
if (missing.length > 0) {
	throw new Error(`npm's bill of materials lacks ${missing.join(', ')}.`);
}

const refs = new Set([all.metadata.component['bom-ref'], ...shipped]);
const report = {
	...all,
	// npm calls it as its folder is called.
	metadata: {...all.metadata, component: {...all.metadata.component, name: 'regmedic', type: 'application'}},
	components: all.components
		.filter(component => shipped.has(component['bom-ref']))
		.map(component => ({
			...component,
			scope: 'required',
			properties: component.properties.filter(({name}) => name !== 'cdx:npm:package:development'),
		})),
	dependencies: all.dependencies
		.filter(({ref}) => refs.has(ref))
		.map(({ref, dependsOn}) => ({ref, dependsOn: dependsOn.filter(each => refs.has(each))})),
};
await writeFile(argv[2] ?? 'regmedic.cdx.json', `${JSON.stringify(report, undefined, '  ')}\n`);
