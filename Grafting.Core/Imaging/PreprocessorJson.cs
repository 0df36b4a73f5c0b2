using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core.Checkpoints;

namespace Grafting.Core.Imaging;

/// <summary>
/// Hugging Face's JSON form of <see cref="PreprocessorConfig"/>, as the processors of <see cref="ProcessorKind"/> read and write it.
/// </summary>
static class PreprocessorJson
{
    const string Classic = "preprocessor_config.json", Nested = "processor_config.json", NestedKey = "image_processor";

    /// <summary>A key of our own, which other tools pass over.</summary>
    public const string OrientationKey = "exif_orientation";

    const int MaxBytes = 1 << 20;

    static readonly HashSet<string> s_known =
    [
        "do_resize", "size", "resample", "do_center_crop", "crop_size", "do_pad", "do_rescale", "rescale_factor", "do_normalize",
        "image_mean", "image_std",
        "image_grid_pinpoints", "image_processor_type", "feature_extractor_type", OrientationKey,
        // Names, and what concerns how a batch is handed on, not its pixels. All pictures are RGB here, whatever do_convert_rgb says.
        "do_convert_rgb", "processor_class", "auto_map", "name_or_path", "_valid_processor_keys", "model_input_names", "data_format",
        "input_data_format",
        "return_tensors", "device", "disable_grouping", "default_to_square", "image_seq_length",
    ];

    public static bool IsIn(string folder) =>
        File.Exists(Path.Combine(folder, Classic))
            || (File.Exists(Path.Combine(folder, Nested)) && NestedIn(Path.Combine(folder, Nested)) is not null);

    public static PreprocessorConfig Read(string folderOrFile)
    {
        if (!Directory.Exists(folderOrFile)) return ReadFile(folderOrFile);
        string classic = Path.Combine(folderOrFile, Classic), nested = Path.Combine(folderOrFile, Nested);
        // Older versions write a file of that name, too, but without the image processor.
        var newer = File.Exists(nested) && NestedIn(nested) is { } json ? Parse(new(nested, json)) : null;
        var older = File.Exists(classic) ? ReadFile(classic) : null;
        if (newer is not null && older is not null && newer != older)
            throw Fault.Input(
                $"{nested} and {classic} ask for different pixels.", "Delete the one that is out of date, or name the file that is meant.");
        return newer ?? older ?? throw Fault.Input(
            $"{folderOrFile} has neither {Classic} nor {Nested} with an '{NestedKey}'.",
            "Copy the file from the checkpoint that the vision tower came from.");
    }

    public static JsonObject Write(PreprocessorConfig config)
    {
        bool stretch = config.Fit == Fit.Stretch, crop = !stretch || !config.Resize || config.ShortestEdge != config.ImageSize;
        var json = new JsonObject
        {
            ["do_center_crop"] = crop,
            ["do_convert_rgb"] = true,
            ["do_normalize"] = config.Normalise,
            ["do_pad"] = config.Fit == Fit.PadToSquare,
            ["do_rescale"] = true,
            ["do_resize"] = config.Resize,
            ["image_mean"] = new JsonArray([.. config.Mean.Select(value => JsonValue.Create(value))]),
            ["image_processor_type"] = config.Fit switch
            {
                Fit.PadToSquare => "LlavaImageProcessor",
                Fit.Stretch when !crop => "SiglipImageProcessor",
                _ => "CLIPImageProcessor",
            },
            ["image_std"] = new JsonArray([.. config.Std.Select(value => JsonValue.Create(value))]),
            ["resample"] = (int)config.Filter,
            ["rescale_factor"] = config.RescaleFactor,
            ["size"] = stretch ? Square(config.ShortestEdge) : new JsonObject { ["shortest_edge"] = config.ShortestEdge },
        };
        if (crop) json["crop_size"] = Square(config.ImageSize);
        if (config.Orientation != ExifOrientation.Apply) json[OrientationKey] = Name(config.Orientation);
        if (config.Tiling is { } tiling)
        {
            json["image_grid_pinpoints"] = new JsonArray(
                [.. tiling.Offered().Select(grid => new JsonArray(grid.Rows * config.ImageSize, grid.Columns * config.ImageSize))]);
            // Only where another tool would make the same pixels; else it keeps the name of what the whole picture alone needs.
            if (stretch && !crop && tiling.Padding == TilePadding.Black)
            {
                json["image_processor_type"] = "LlavaNextImageProcessor";
                json["crop_size"] = Square(config.ImageSize);
                json["do_pad"] = true;
            }
        }
        return json;
    }

    static JsonObject Square(int side) => new() { ["height"] = side, ["width"] = side };

    public static string Name(ExifOrientation orientation) => JsonNamingPolicy.CamelCase.ConvertName(orientation.ToString());

    static PreprocessorConfig ReadFile(string path)
    {
        var root = StrictJson.ReadObject(path, MaxBytes);
        return Parse(new(path, root.TryGetProperty(NestedKey, out var nested) && nested.ValueKind == JsonValueKind.Object ? nested : root));
    }

    static JsonElement? NestedIn(string path) =>
        StrictJson.ReadObject(path, MaxBytes).TryGetProperty(NestedKey, out var nested) && nested.ValueKind == JsonValueKind.Object
            ? nested
            : null;

    static PreprocessorConfig Parse(PreprocessorFields fields)
    {
        fields.OnlyKnown(s_known);
        var kind = Kind(fields);
        var size = fields.Has("size") || kind is null ? fields.Size("size", kind?.BareSizeIsSquare ?? false) : kind.Size;
        bool pad = fields.Flag("do_pad", false) && kind?.Grids is null, resize = fields.Flag("do_resize", true);
        if (pad && kind is { PadsToSquare: false }) throw fields.Wrong("do_pad", $"must be false: a {kind.Name} pads nothing");
        int? crop = Crop(fields, kind, size);
        if (!resize && crop is null)
            throw fields.Wrong("do_resize", "must be true where nothing is cut out of the middle: the tower reads one size");
        if (resize && size.ShortestEdge is null && size.Height != size.Width)
            throw fields.Wrong("size", "must be square: the tower reads squares");
        if (size.ShortestEdge is not null && crop is null && kind?.Grids is null)
            throw fields.Wrong("do_center_crop", "must be true where 'size' gives the shortest edge: the tower reads squares");
        int edge = size.ShortestEdge ?? size.Height!.Value, side = crop ?? edge;
        if (resize && side > edge)
            throw fields.Wrong("crop_size", $"must not be larger than the {edge} pixels to which pictures are resized");

        var fit = pad ? Fit.PadToSquare : size.ShortestEdge is null && resize ? Fit.Stretch : Fit.CentreCrop;
        Tiling? tiling = null;
        if (kind?.Grids is { } grids)
        {
            // The whole picture and every tile are brought to the same square, so that nothing is left to cut.
            if (!resize || side != edge) throw fields.Wrong("crop_size", $"must be the {edge} pixels of 'size', with do_resize true");
            // What the processor takes for missing ones is in pixels, for tiles of its usual size.
            if (side != ProcessorKind.UsualTile && !fields.Has("image_grid_pinpoints"))
                throw fields.Wrong("image_grid_pinpoints", "is missing");
            tiling = new Tiling { Grids = fields.Grids("image_grid_pinpoints", side) ?? grids, Padding = TilePadding.Black, Unpad = true };
            fit = Fit.Stretch;
        }
        bool normalise = fields.Flag("do_normalize", true);
        var config = new PreprocessorConfig
        {
            ImageSize = side,
            ShortestEdge = resize ? edge : 0,
            Resize = resize,
            Fit = fit,
            Filter = fields.Filter("resample", kind?.Filter ?? ResampleFilter.Bicubic),
            RescaleFactor = fields.Flag("do_rescale", true) ? fields.Number("rescale_factor", 1.0 / 255) : 1.0,
            Normalise = normalise,
            Mean = fields.Channels("image_mean", kind?.Mean ?? (normalise ? null : [0, 0, 0])),
            Std = fields.Channels("image_std", kind?.Std ?? (normalise ? null : [1, 1, 1])),
            Tiling = tiling,
            Orientation = Orientation(fields),
        };
        try
        {
            return config.Validate();
        }
        catch (GraftException fault) when (fault.Kind == ErrorKind.Usage)
        {
            throw Fault.Input($"{fields.Path}: {fault.Message}", fault.Remedy, fault);
        }
    }

    static ProcessorKind? Kind(PreprocessorFields fields)
    {
        string? key = Array.Find(["image_processor_type", "feature_extractor_type"], fields.Has);
        if (key is null) return null;
        return ProcessorKind.Find(fields.Text(key)!)
            ?? throw fields.Wrong(key, $"is not one whose pixels are reproduced here; known are {string.Join(", ", ProcessorKind.Names)}");
    }

    /// <returns>The side of the square that is cut out of the middle; null where nothing is.</returns>
    static int? Crop(PreprocessorFields fields, ProcessorKind? kind, ProcessorSize size)
    {
        // Without a name, a size that gives both edges has been taken for one that needs no cut since the first version.
        bool usual = kind is null ? size.ShortestEdge is not null : kind.CropSize is not null;
        if (!fields.Flag("do_center_crop", usual)) return null;
        if (kind is { CropSize: null }) throw fields.Wrong("do_center_crop", $"must be false: a {kind.Name} cuts nothing out");
        if (!fields.Has("crop_size") && kind is not null) return kind.CropSize;
        var crop = fields.Size("crop_size", bareIsSquare: true);
        if (crop.ShortestEdge is null && crop.Height != crop.Width)
            throw fields.Wrong("crop_size", "must be square: the tower reads squares");
        return crop.ShortestEdge ?? crop.Height;
    }

    static ExifOrientation Orientation(PreprocessorFields fields)
    {
        if (fields.Text(OrientationKey) is not { } text) return ExifOrientation.Apply;
        foreach (var orientation in Enum.GetValues<ExifOrientation>())
            if (Name(orientation) == text) return orientation;
        throw fields.Wrong(OrientationKey, $"must be {string.Join(" or ", Enum.GetValues<ExifOrientation>().Select(Name))}");
    }
}
