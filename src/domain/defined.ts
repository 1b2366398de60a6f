type Defined<Values> = {
	[Key in keyof Values as undefined extends Values[Key] ? never : Key]: Values[Key];
} & {
	[Key in keyof Values as undefined extends Values[Key] ? Key : never]?: Exclude<Values[Key], undefined>;
};

/** Leaves out every property that is undefined, for types whose optional properties are absent and never undefined. */
export function defined<Values extends object>(values: Values): Defined<Values> {
	return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<Values>;
}
