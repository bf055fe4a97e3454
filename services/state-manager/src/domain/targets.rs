//! Which nodes an association is for.

use reeve_contracts::ssm::{AssociationDescription, Target};

/// Which nodes an association is for: they meet each of these. Without any it is for all nodes: what names all of them
/// (`InstanceIds` with the value `*`) is met by every node, and left out. What names nobody is for nobody.
pub fn targets(of: &AssociationDescription) -> Vec<Target> {
    let given = of.targets.as_deref().unwrap_or_default();
    if of.instance_id.is_some() || given.is_empty() {
        let values = Some(of.instance_id.iter().cloned().collect());
        return vec![Target { key: Some("InstanceIds".to_owned()), values }];
    }
    let names_all = |target: &Target| {
        target.key.as_deref() == Some("InstanceIds")
            && target.values.iter().flatten().any(|value| value == "*")
    };
    given.iter().filter(|target| !names_all(target)).cloned().collect()
}
