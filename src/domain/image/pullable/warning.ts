import type {Digest} from '../digest.ts';

/** What only some clients cannot pull, or pull as something else than it is called. */
type WarningKind =
	| 'config-large'
	| 'layers-many'
	| 'history-long'
	| 'platform-upper'
	| 'platform-differs'
	| 'platform-unchosen'
	| 'index-nested'
	| 'digest-unusual'
	| 'layer-elsewhere'
	| 'layer-encrypted'
	| 'urls-first';

/**
 * An image with a warning is intact: containerd, which Kubernetes and today's Docker run on, pulls and unpacks it. Only where
 * `urls-first` names containerd too does that need an address elsewhere to answer.
 */
export type Warning = {
	kind: WarningKind;
	/** Of the manifest, the config or the layer that it is about. */
	digest: Digest;
	/** Who fails, as they are called: `docker 20.10`. */
	clients: string[];
	detail: string;
};
