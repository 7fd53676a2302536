/** Below `/console`. */
export const auditPath = '/audit';
