// Patterns: an object matches when each of its members does. A member may be a condition:
//   {"$between": [a, b]}   {"$any": true}   {"$absent": true}   {"$like": "regular expression"}   {"$atLeast": n}   {"$length": n}

export function matches(pattern, value) {
  if (pattern === null || typeof pattern !== 'object') {
    return pattern === value;
  }
  if ('$between' in pattern) {
    return typeof value === 'number' && value >= pattern.$between[0] && value <= pattern.$between[1];
  }
  if ('$atLeast' in pattern) {
    return typeof value === 'number' && value >= pattern.$atLeast;
  }
  if ('$any' in pattern) {
    return value !== undefined && value !== null;
  }
  if ('$absent' in pattern) {
    return value === undefined || value === null;
  }
  if ('$like' in pattern) {
    return typeof value === 'string' && new RegExp(pattern.$like).test(value);
  }
  if ('$length' in pattern) {
    return value?.length === pattern.$length;
  }
  if (Array.isArray(pattern)) {
    return Array.isArray(value) && value.length === pattern.length && pattern.every((each, i) => matches(each, value[i]));
  }
  return typeof value === 'object' && value !== null && Object.keys(pattern).every((key) => matches(pattern[key], value[key]));
}

/** Puts the members of `values` in place of "$name". */
export function substitute(template, values) {
  if (typeof template === 'string') {
    if (template.startsWith('$') && template.slice(1) in values) {
      return values[template.slice(1)];
    }
    return template.replace(/\$\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
  }
  if (Array.isArray(template)) {
    return template.map((each) => substitute(each, values));
  }
  if (template !== null && typeof template === 'object') {
    return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, substitute(value, values)]));
  }
  return template;
}
