using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence.Query;

namespace Akka.Persistence.Sql.Query;

/// <summary>Makes the SQL read journal of a section of the configuration.</summary>
public class SqlReadJournalProvider : IReadJournalProvider
{
    private readonly ExtendedActorSystem _system;
    private readonly Config _config;

    /// <summary>With the section.</summary>
    public SqlReadJournalProvider(ExtendedActorSystem system, Config config) => (_system, _config) = (system, config);

    /// <inheritdoc />
    public IReadJournal GetReadJournal() => new SqlReadJournal(_system, _config);
}
