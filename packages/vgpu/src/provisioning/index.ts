export { createMemoryStore, type AssignmentStore, type StoredAssignment } from './assignment-store.ts';
export { createProvisioner, type Claim, type GpuType, type Provisioned, type Provisioner, type ProvisionerOptions, type ProvisionOptions } from './provisioner.ts';
