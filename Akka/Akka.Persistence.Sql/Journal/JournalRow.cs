using System.Collections.Immutable;

namespace Akka.Persistence.Sql.Journal;

/// <summary>A stored event.</summary>
internal sealed record JournalRow(
    string PersistenceId,
    long SequenceNr,
    long CreatedTicks,
    byte[] Message,
    string Manifest,
    int? SerializerId,
    string WriterUuid,
    IImmutableSet<string> Tags);
