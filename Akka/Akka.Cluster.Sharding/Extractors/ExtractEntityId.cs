using Akka.Util;

namespace Akka.Cluster.Sharding;

/// <summary>Takes the entity id, and what the entity receives, from a message; none when the message is not for an entity.</summary>
public delegate Option<(string, object)> ExtractEntityId(object message);
