import type { RuleTable } from '../rule.js';

export const SHAPE_RULES: RuleTable = {};
