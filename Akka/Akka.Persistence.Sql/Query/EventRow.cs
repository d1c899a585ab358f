namespace Akka.Persistence.Sql.Query;

/// <summary>A stored event with its place in the journal and its tags.</summary>
internal sealed record EventRow(
    long Ordering,
    string PersistenceId,
    long SequenceNr,
    long CreatedTicks,
    byte[] Message,
    string Manifest,
    int? SerializerId,
    string[] Tags);
