using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core.Checkpoints;

namespace Grafting.Core.Imaging;

/// <summary>Hugging Face's JSON form of <see cref="PreprocessorConfig"/>, in the flavours of CLIP, LLaVA and SigLIP.</summary>
static class PreprocessorJson
{
    const string Classic = "preprocessor_config.json", Nested = "processor_config.json", NestedKey = "image_processor";
    const int MaxBytes = 1 << 20;

    public static PreprocessorConfig Read(string folderOrFile)
    {
        string path = Locate(folderOrFile);
        var root = StrictJson.ReadObject(path, MaxBytes);
        if (root.TryGetProperty(NestedKey, out var nested) && nested.ValueKind == JsonValueKind.Object) root = nested;
        return Parse(new Fields(path, root));
    }

    public static JsonObject Write(PreprocessorConfig config)
    {
        bool stretch = config.Fit == Fit.Stretch;
        var json = new JsonObject
        {
            ["do_center_crop"] = !stretch,
            ["do_convert_rgb"] = true,
            ["do_normalize"] = true,
            ["do_pad"] = config.Fit == Fit.PadToSquare,
            ["do_rescale"] = true,
            ["do_resize"] = true,
            ["image_mean"] = new JsonArray([.. config.Mean.Select(value => JsonValue.Create(value))]),
            ["image_processor_type"] = config.Fit switch
            {
                Fit.CentreCrop => "CLIPImageProcessor",
                Fit.PadToSquare => "LlavaImageProcessor",
                _ => "SiglipImageProcessor",
            },
            ["image_std"] = new JsonArray([.. config.Std.Select(value => JsonValue.Create(value))]),
            ["resample"] = (int)config.Filter,
            ["rescale_factor"] = config.RescaleFactor,
            ["size"] = stretch ? Square(config.ImageSize) : new JsonObject { ["shortest_edge"] = config.ShortestEdge },
        };
        if (!stretch) json["crop_size"] = Square(config.ImageSize);
        if (config.Tiling is { } tiling)
        {
            json["image_grid_pinpoints"] = new JsonArray(
                [.. tiling.Offered().Select(grid => new JsonArray(grid.Rows * config.ImageSize, grid.Columns * config.ImageSize))]);
            // Only where another tool would make the same pixels; else it keeps the name of what the whole picture alone needs.
            if (stretch && tiling.Padding == TilePadding.Black)
            {
                json["image_processor_type"] = "LlavaNextImageProcessor";
                json["crop_size"] = Square(config.ImageSize);
                json["do_pad"] = true;
            }
        }
        return json;
    }

    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, Classic)) || File.Exists(Path.Combine(folder, Nested));

    static JsonObject Square(int side) => new() { ["height"] = side, ["width"] = side };

    static string Locate(string folderOrFile)
    {
        if (!Directory.Exists(folderOrFile)) return folderOrFile;
        string classic = Path.Combine(folderOrFile, Classic), nested = Path.Combine(folderOrFile, Nested);
        if (File.Exists(classic)) return classic;
        if (File.Exists(nested)) return nested;
        throw Fault.Input($"{folderOrFile} has neither {Classic} nor {Nested}.", "Copy the file from the checkpoint that the vision tower came from.");
    }

    static PreprocessorConfig Parse(Fields fields)
    {
        if (!fields.Flag("do_resize", true)) throw fields.Wrong("do_resize", "must be true: the tower reads one size");
        bool normalise = fields.Flag("do_normalize", true);
        var (shortestEdge, height, width) = fields.Size("size");
        int? crop = null;
        if (fields.Flag("do_center_crop", shortestEdge is not null) && fields.Has("crop_size"))
        {
            var (edge, cropHeight, cropWidth) = fields.Size("crop_size");
            if (edge is null && cropHeight != cropWidth) throw fields.Wrong("crop_size", "must be square");
            crop = edge ?? cropHeight;
        }
        if (shortestEdge is null && height != width) throw fields.Wrong("size", "must be square");
        int size = crop ?? shortestEdge ?? height;
        if (shortestEdge is null && size != height) throw fields.Wrong("crop_size", $"must be the size of {height}, to which both edges are resized");
        if (shortestEdge is not null && crop is null) throw fields.Wrong("do_center_crop", "must be true where 'size' gives the shortest edge");
        return new PreprocessorConfig
        {
            ImageSize = size,
            ShortestEdge = shortestEdge ?? 0,
            Fit = shortestEdge is null ? Fit.Stretch : fields.Flag("do_pad", false) ? Fit.PadToSquare : Fit.CentreCrop,
            Filter = fields.Filter("resample"),
            RescaleFactor = fields.Flag("do_rescale", true) ? fields.Number("rescale_factor", 1.0 / 255) : 1.0,
            Mean = normalise ? fields.Channels("image_mean") : [0, 0, 0],
            Std = normalise ? fields.Channels("image_std") : [1, 1, 1],
        }.Validate();
    }

    /// <summary>Typed access to one JSON object; errors name the file and the key.</summary>
    readonly record struct Fields(string Path, JsonElement Json)
    {
        public bool Has(string key) => Json.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null;

        public GraftException Wrong(string key, string expected) => Fault.Input(
            $"{Path}: '{key}' {(Has(key) ? $"is {Json.GetProperty(key).GetRawText()}; it " : "")}{expected}.",
            "Use the preprocessing of a CLIP, SigLIP or LLaVA checkpoint.");

        public bool Flag(string key, bool absent)
        {
            if (!Has(key)) return absent;
            return Json.GetProperty(key).ValueKind switch
            {
                JsonValueKind.True => true,
                JsonValueKind.False => false,
                _ => throw Wrong(key, "must be true or false"),
            };
        }

        public double Number(string key, double absent)
        {
            if (!Has(key)) return absent;
            return Json.GetProperty(key).ValueKind == JsonValueKind.Number ? Json.GetProperty(key).GetDouble() : throw Wrong(key, "must be a number");
        }

        public IReadOnlyList<double> Channels(string key)
        {
            if (!Has(key)) throw Wrong(key, "is missing; three numbers were expected");
            var value = Json.GetProperty(key);
            bool three = value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 3
                && value.EnumerateArray().All(channel => channel.ValueKind == JsonValueKind.Number);
            return three ? [.. value.EnumerateArray().Select(channel => channel.GetDouble())] : throw Wrong(key, "must be three numbers");
        }

        public ResampleFilter Filter(string key)
        {
            if (!Has(key)) return ResampleFilter.Bicubic;
            bool known = Json.GetProperty(key).TryInt32(out int number) && Enum.IsDefined((ResampleFilter)number);
            return known ? (ResampleFilter)number : throw Wrong(key, "must be 0 to 5, Pillow's number of a filter");
        }

        /// <summary>A bare number (older files: the shortest edge), {shortest_edge}, or {height, width}.</summary>
        public (int? ShortestEdge, int Height, int Width) Size(string key)
        {
            if (!Has(key)) throw Wrong(key, "is missing");
            var value = Json.GetProperty(key);
            if (value.TryInt32(out int edge)) return (edge, 0, 0);
            if (value.ValueKind == JsonValueKind.Object)
            {
                if (value.TryGetProperty("shortest_edge", out var shortest) && shortest.TryInt32(out edge)) return (edge, 0, 0);
                if (value.TryGetProperty("height", out var height) && value.TryGetProperty("width", out var width)
                    && height.TryInt32(out int rows) && width.TryInt32(out int columns)) return (null, rows, columns);
            }
            throw Wrong(key, "must be a number, {\"shortest_edge\"} or {\"height\", \"width\"}");
        }
    }

    static bool TryInt32(this JsonElement element, out int value)
    {
        value = 0;
        return element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out value);
    }
}
